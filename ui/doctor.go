package ui

import (
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// diagnosed puts into words what is wrong with a call: what happened, and what can be done.
func diagnosed(c *app.Call, d app.Diagnosis) (title string, lines []string) {
	if !d.Failed {
		return "", []string{slow(d)}
	}
	name := values{"Channel": brief(c.Channel), "Action": "kinesisvideo:" + d.Fault.Action}
	switch d.Fault.Kind {
	case app.FaultClock:
		lines = []string{lang.L("The service refuses this computer's signature because its clock is wrong. Set the clock, then call again.")}
		if skew := d.Fault.Skew.Round(time.Second); skew > 0 {
			lines[0] = lang.L("This computer's clock is {{.Time}} behind the service's, which refuses its signature. Set the clock, then call again.", values{"Time": skew})
		} else if skew < 0 {
			lines[0] = lang.L("This computer's clock is {{.Time}} ahead of the service's, which refuses its signature. Set the clock, then call again.", values{"Time": -skew})
		}
		return lang.L("The clock is wrong"), lines
	case app.FaultForbidden:
		return lang.L("Calling is not permitted"), []string{
			lang.L("The account may not make the call {{.Action}}. Ask whoever runs it for that permission.", name)}
	case app.FaultSignedOut:
		return lang.L("The keys are not accepted"), []string{lang.L("Sign in again, or choose another account, then call again.")}
	case app.FaultNoChannel:
		return lang.L("There is no channel {{.Channel}}", name), []string{lang.L("It was deleted, or is in another region. Make it again, or choose another.")}
	case app.FaultViewerLimit:
		return lang.L("The channel is full"), []string{
			lang.L("It has all the viewers that it may have. Hang up somewhere else, or wait until a viewer goes, then call again.")}
	case app.FaultNoMaster:
		return lang.L("Nobody answers on {{.Channel}}", name), []string{
			lang.L("The service was reached, but the channel's master did not take the call. Check that the camera is on and online, serves this channel, and has room for one more viewer.")}
	case app.FaultNoWay:
		lines := []string{lang.L("The other side answered, but no packet gets through, neither directly nor by a relay. A firewall may block UDP; let UDP out, or TCP and TLS to port 443.")}
		if d.Unlent {
			lines = []string{lang.L("The other side answered, but no packet gets through directly, and the service lent no relay. Ask for the permission kinesisvideo:GetIceServerConfig, or let UDP through the firewall.")}
		}
		return lang.L("There is no way to the other side"), lines
	case app.FaultLost:
		return lang.L("The connection to {{.Channel}} was lost", name), []string{
			lang.L("It was looked for for a minute, in vain. Check the network here and there, then call again.")}
	case app.FaultHungUp:
		return lang.L("The other side has ended the call"), []string{
			lang.L("It lasted {{.Time}}.", values{"Time": length(c.Since.Sub(c.Began))}),
			lang.L("Whoever serves the channel has sent you away, or does not serve it any more. You may call again.")}
	case app.FaultForeign:
		return lang.L("The other side is not understood"), []string{
			sentence(c.Err), lang.L("It may be too old, or no camera of this kind. Bring its software up to date, then call again.")}
	case app.FaultThrottled:
		return lang.L("The service is asked too often"), []string{
			lang.L("It limits how often an account may ask, and others of the account ask too. Wait half a minute, then call again.")}
	case app.FaultNetwork:
		return lang.L("The service cannot be reached"), []string{sentence(c.Err)}
	case app.FaultUntrusted:
		return lang.L("The service's certificate is not trusted"), []string{
			lang.L("Name the service's own authority, a PEM file, in AWS_CA_BUNDLE and start Kinora again; kinorad ca prints it.")}
	}
	return lang.L("The call to {{.Channel}} failed", name), []string{sentence(c.Err)}
}

// slow names the stage that takes longer than usual, and what that may be due to.
func slow(d app.Diagnosis) string {
	took := values{"Time": age(d.Took)}
	switch d.Stage {
	case app.StageDescribe, app.StageEndpoint, app.StageServers, app.StageSignaling:
		return lang.L("The service is slow to answer: {{.Time}} so far. The network to it may be bad, or far.", took)
	case app.StageAnswer:
		return lang.L("The other side has not answered for {{.Time}}. The camera may be off, asleep or offline.", took)
	case app.StageOffer, app.StageWay:
		return lang.L("Finding a way takes {{.Time}} so far. Firewalls may block the direct ones; a relay comes last.", took)
	case app.StageSecured:
		return lang.L("Agreeing on keys takes {{.Time}}. The camera may be slow, or packets are lost.", took)
	}
	return lang.L("Connected, but there has been no whole picture for {{.Time}}. The camera may send no key frame.", took)
}
