// Package session is the kiosk's state machine: who may see what, when a
// session ends, and what must happen before the next person. It is pure: Step
// takes a value and an event and returns a value and effects as data. Time
// enters as Tick events. package kiosk owns the one Machine of a box, feeds it
// and carries its effects out; everything pure and package kiosk may import it.
//
// The machine never sees a badge's identifier, an address or anything typed,
// so it cannot leak them.
//
// # The table
//
// Made from the machine by exploring every reachable state ("go test
// ./kiosk/session -run Table -update"). A cell names the states that the event
// can lead to; = stays, perhaps with effects; a number means that the event
// makes no sense there, for the reason given below.
//
//	                       | Wipe                 | OutOf                | Unprov               | Idle                 | Active               | Warn                 | Consent              | Assist
//	Tick                   | = OutOf              | = Wipe               | = Wipe               | = Wipe               | = Wipe Warn          | Wipe                 | Active               | Active
//	FilmSensed private     | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	FilmSensed clear       | = OutOf Idle         | =                    | = Wipe               | = Wipe               | = Wipe               | Wipe                 | Wipe                 | = Wipe
//	FilmSensed unknown     | =                    | =                    | =                    | =                    | = Wipe               | Wipe                 | Wipe                 | = Wipe
//	RelayFailed            | = OutOf              | 1                    | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	BadgeArrived helper    | 2 3                  | 2 3                  | 2 3                  | = 2 3                | Consent 3 4          | Consent 3 5          | Active 3             | Active 3
//	BadgeArrived technician| 6 3                  | = Wipe 3 7           | 6 3                  | 6 3                  | 6 3                  | 6 3                  | 6 3                  | 6 3
//	BadgeArrived other     | 3 8                  | 3 8                  | 3 8                  | 3 8                  | 3 8                  | 3 8                  | 3 8                  | 3 8
//	BadgeLeft              | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	ReaderLost             | 9                    | 9                    | 9                    | 9                    | 9                    | 9                    | Active               | Active
//	SpareReady             | = OutOf Unprov Idle 10| = Wipe Unprov Idle 10| = 10                 | = 10                 | = 10                 | = 10                 | = 10                 | = 10
//	SpareLost              | = 11                 | =                    | =                    | =                    | =                    | =                    | =                    | =
//	Blanked                | = 12                 | 12                   | 12                   | 12                   | = 12                 | 12                   | 12                   | 12
//	PageTroubled           | 13                   | 13                   | Wipe                 | Wipe                 | = Wipe               | = Wipe               | = Wipe               | = Wipe
//	ViewLost               | = 14                 | = Wipe 14            | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	Succeeded              | 15                   | 15                   | 15                   | 15                   | =                    | =                    | =                    | =
//	Wiped verified         | = OutOf Unprov Idle 16| 16                   | 16                   | 16                   | 16                   | 16                   | 16                   | 16
//	Wiped failed           | OutOf 16             | 16                   | 16                   | 16                   | 16                   | 16                   | 16                   | 16
//	Choose                 | 17                   | 17                   | 17                   | Active               | 18                   | 18                   | 18                   | 18
//	Touched                | 19                   | 19                   | =                    | =                    | =                    | Active               | 20                   | =
//	End                    | 21                   | 21                   | 21                   | 21                   | Wipe                 | Wipe                 | Wipe                 | Wipe
//	Continue               | 22                   | 22                   | 22                   | 22                   | 22                   | Active               | 22                   | 22
//	MoreTime               | 23                   | 23                   | 23                   | 23                   | =                    | Active               | 23                   | =
//	Help                   | 24                   | 24                   | 24                   | = 25                 | = 25                 | Active               | 26                   | 26
//	CancelHelp             | 27                   | 27                   | 27                   | = 27                 | = 27                 | = 27                 | 27                   | 27
//	Agreed yes             | 28                   | 28                   | 28                   | 28                   | 28                   | 28                   | Assist               | 28
//	Agreed no              | 28                   | 28                   | 28                   | 28                   | 28                   | 28                   | Active               | 28
//	StopHelp               | 29                   | 29                   | 29                   | 29                   | 29                   | 29                   | Active               | Active
//	Answer                 | 30                   | 30                   | 30                   | = 30                 | = 30                 | 30                   | 30                   | 30
//	Spoke                  | 19                   | 19                   | 19                   | =                    | =                    | Active               | =                    | =
//	Aided                  | 19                   | 19                   | 19                   | =                    | =                    | Active               | =                    | =
//	Provisioned            | =                    | =                    | Wipe                 | 31                   | 31                   | 31                   | 31                   | 31
//
//	 1  already out of service
//	 2  no session to help with
//	 3  the badge has not left the reader
//	 4  the film is still closing
//	 5  the person must answer the warning first
//	 6  a technician's badge opens nothing in a session
//	 7  the film is still not private
//	 8  the badge opens nothing
//	 9  people alone can go on without the reader
//	10  no spare was asked for
//	11  there was no spare
//	12  nothing was to be blanked
//	13  the view is about to be replaced or shows no page
//	14  no view is on screen
//	15  no session that could succeed
//	16  no wipe is under way
//	17  no procedure can be chosen now
//	18  one procedure a session: finish this one first
//	19  nothing on screen takes input
//	20  only an answer counts
//	21  no session to end
//	22  no warning is on screen
//	23  no time is running that could be more
//	24  nobody can be helped now
//	25  help was called already
//	26  a helper is here
//	27  help was not called
//	28  nobody asked for consent
//	29  no helper sees the screen
//	30  no question is on screen
//	31  a new configuration waits for a restart
package session
