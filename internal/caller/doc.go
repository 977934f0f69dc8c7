// Package caller makes calls over a local service, each side in a process of its own, for measuring and for torture.
//
// A program that uses it begins with [Main], which takes over where the program was started as a caller. [Start] starts the program
// again as one: a master, which shows a camera whose frames know when they were captured (camera.go), or some viewers, who say of each
// picture when they had it (Picture).
package caller
