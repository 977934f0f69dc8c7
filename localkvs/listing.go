package localkvs

import (
	"encoding/base64"
	"strings"
)

// nameCondition picks streams or channels whose name begins with a text.
type nameCondition struct{ ComparisonOperator, ComparisonValue string }

// listing is a page of a list that is ordered by name.
type listing struct {
	limit         int
	prefix, after string
}

// listingOf reads what a request asks for. When it does not say how much, size is a page. The token is the last name given out.
func listingOf(maxResults *int, size int, token string, condition *nameCondition) (listing, error) {
	l := listing{limit: size}
	if maxResults != nil {
		if l.limit = *maxResults; l.limit < 1 || l.limit > 10000 {
			return l, invalidArgument("MaxResults must be 1 to 10000.")
		}
	}
	if condition != nil {
		if condition.ComparisonOperator != "" && condition.ComparisonOperator != "BEGINS_WITH" {
			return l, invalidArgument("ComparisonOperator must be BEGINS_WITH.")
		}
		l.prefix = condition.ComparisonValue
	}
	after, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return l, invalidArgument("NextToken was not given out by this service.")
	}
	l.after = string(after)
	return l, nil
}

// pageOfNames picks the page from all there is, and the token of the next one.
func pageOfNames[T any](l listing, all []T, name func(T) string) (page []T, token string) {
	for _, item := range all {
		if n := name(item); n <= l.after || !strings.HasPrefix(n, l.prefix) {
			continue
		}
		if len(page) == l.limit {
			return page, base64.StdEncoding.EncodeToString([]byte(name(page[len(page)-1])))
		}
		page = append(page, item)
	}
	return page, ""
}
