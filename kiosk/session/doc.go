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
//	                       | Wipe                 | OutOf                | Unprov               | Idle                 | Active               | Warn                 | Consent              | Mask                 | Assist
//	Tick                   | = OutOf              | = Wipe               | = Wipe               | = Wipe               | = Wipe Warn          | Wipe                 | Active               | Active               | Active
//	FilmSensed private     | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	FilmSensed clear       | = OutOf Idle         | =                    | = Wipe               | = Wipe               | = Wipe               | Wipe                 | Wipe                 | Wipe                 | = Wipe
//	FilmSensed unknown     | =                    | =                    | =                    | =                    | = Wipe               | Wipe                 | Wipe                 | Wipe                 | = Wipe
//	RelayFailed            | = OutOf              | 1                    | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	BadgeArrived helper    | = 2 3                | = 2 3                | = 2 3                | = 2 3                | = Consent 3 4        | = Consent 3 5        | Active 3             | Active 3             | Active 3
//	BadgeArrived technician| = 6 3                | = Wipe 3 7           | = 6 3                | = 6 3                | = 6 3                | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	BadgeArrived other     | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8
//	BadgeLeft              | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	SeveralBadges          | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	ReaderLost             | = 9                  | = 9                  | = 9                  | = 9                  | = 9                  | = 9                  | Active               | Active               | Active
//	SpareReady             | = OutOf Unprov Idle 10| = Wipe Unprov Idle 10| = 10                 | = 10                 | = 10                 | = 10                 | = 10                 | = 10                 | = 10
//	SpareLost              | = 11                 | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	Blanked                | = 12                 | 12                   | 12                   | 12                   | = 12                 | 12                   | 12                   | 12                   | 12
//	Masked                 | 13                   | 13                   | 13                   | 13                   | 13                   | 13                   | 13                   | Assist               | 13
//	PageTroubled           | 14                   | 14                   | Wipe                 | Wipe                 | = Wipe               | = Wipe               | = Wipe               | = Wipe               | = Wipe
//	ViewLost               | = 15                 | = Wipe 15            | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	Succeeded              | 16                   | 16                   | 16                   | 16                   | =                    | =                    | =                    | =                    | =
//	Wiped verified         | = OutOf Unprov Idle 17| 17                   | 17                   | 17                   | 17                   | 17                   | 17                   | 17                   | 17
//	Wiped failed           | OutOf 17             | 17                   | 17                   | 17                   | 17                   | 17                   | 17                   | 17                   | 17
//	Choose                 | 18                   | 18                   | 18                   | Active               | 19                   | 19                   | 19                   | 19                   | 19
//	Touched                | 20                   | 20                   | =                    | =                    | =                    | Active               | 21                   | =                    | =
//	End                    | 22                   | 22                   | 22                   | 22                   | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	Continue               | 23                   | 23                   | 23                   | 23                   | 23                   | Active               | 23                   | 23                   | 23
//	MoreTime               | 24                   | 24                   | 24                   | 24                   | =                    | Active               | 24                   | =                    | =
//	Help                   | 25                   | 25                   | 25                   | = 26                 | = 26                 | Active               | 27                   | 27                   | 27
//	CancelHelp             | 28                   | 28                   | 28                   | = 28                 | = 28                 | = 28                 | 28                   | 28                   | 28
//	Agreed yes             | 29                   | 29                   | 29                   | 29                   | 29                   | 29                   | Mask                 | 29                   | 29
//	Agreed no              | 29                   | 29                   | 29                   | 29                   | 29                   | 29                   | Active               | 29                   | 29
//	StopHelp               | 30                   | 30                   | 30                   | 30                   | 30                   | 30                   | Active               | Active               | Active
//	Answer                 | 31                   | 31                   | 31                   | = 31                 | = 31                 | 31                   | 31                   | 31                   | 31
//	Spoke                  | 20                   | 20                   | 20                   | =                    | =                    | Active               | =                    | =                    | =
//	Aided                  | 20                   | 20                   | 20                   | =                    | =                    | Active               | =                    | =                    | =
//	Provisioned            | =                    | =                    | Wipe                 | 32                   | 32                   | 32                   | 32                   | 32                   | 32
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
//	13  nothing was to be masked
//	14  the view is about to be replaced or shows no page
//	15  no view is on screen
//	16  no session that could succeed
//	17  no wipe is under way
//	18  no procedure can be chosen now
//	19  one procedure a session: finish this one first
//	20  nothing on screen takes input
//	21  only an answer counts
//	22  no session to end
//	23  no warning is on screen
//	24  no time is running that could be more
//	25  nobody can be helped now
//	26  help was called already
//	27  a helper is here
//	28  help was not called
//	29  nobody asked for consent
//	30  no helper sees the screen
//	31  no question is on screen
//	32  a new configuration waits for a restart
package session
