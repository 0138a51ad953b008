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
//	                                | Wipe                 | OutOf                | Unprov               | Idle                 | Active               | Warn                 | PIN                  | Consent              | Mask                 | Assist               | Maint
//	Tick                            | = OutOf Unprov Idle  | = Wipe               | = Wipe               | = Wipe               | = Wipe Warn          | Wipe                 | Active               | Active               | Active               | Active               | Wipe
//	FilmSensed private              | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	FilmSensed clear                | = OutOf Idle Maint   | =                    | = Wipe               | = Wipe               | = Wipe               | Wipe                 | Wipe                 | Wipe                 | Wipe                 | = Wipe               | = Wipe
//	FilmSensed unknown              | =                    | =                    | =                    | =                    | = Wipe               | Wipe                 | Wipe                 | Wipe                 | Wipe                 | = Wipe               | =
//	RelayFailed                     | = OutOf              | 1                    | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	BadgeArrived helper             | = 2 3                | = 2 3                | = 2 3                | = 2 3                | = Wipe Consent 3 4   | = Wipe Consent 3 5   | 3                    | Active 3             | Active 3             | Active 3             | = 2 3
//	BadgeArrived technician         | = 6 3                | = Wipe 3 7           | = 6 3                | = 6 3                | = 6 3                | = 6 3                | 3                    | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	BadgeArrived other              | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | = 3 8                | 3                    | = 3 8                | = 3 8                | = 3 8                | = 3 8
//	BadgeLeft                       | =                    | =                    | =                    | =                    | =                    | =                    | Active               | =                    | =                    | =                    | =
//	BadgeArrived helper, PIN        | = 2 3                | = 2 3                | = 2 3                | = 2 3                | = Wipe PIN 3 4       | = Wipe PIN 3 5       | 3                    | Active 3             | Active 3             | Active 3             | = 2 3
//	BadgeArrived technician, PIN    | = 6 3                | = 9 3 7              | = 6 3                | = 6 3                | = 6 3                | = 6 3                | 3                    | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	BadgeArrived helper, waits      | = 2 3                | = 2 3                | = 2 3                | = 2 3                | = Wipe 3 4           | = Wipe 3 5           | 3                    | Active 3             | Active 3             | Active 3             | = 2 3
//	BadgeArrived technician, waits  | = 6 3                | = 3 7                | = 6 3                | = 6 3                | = 6 3                | = 6 3                | 3                    | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	PINTyped                        | 10                   | = 10                 | = 10                 | = 10                 | 10                   | 10                   | = 10                 | 10                   | 10                   | 10                   | 10
//	PINChecked right                | 11                   | = Wipe Maint 11      | Maint 11             | = Maint 11           | 11                   | 11                   | Consent 11           | 11                   | 11                   | 11                   | 11
//	PINChecked wrong                | 11                   | = 11                 | = 11                 | = 11                 | 11                   | 11                   | = 11                 | 11                   | 11                   | 11                   | 11
//	PINChecked wrong, waits         | 11                   | = 11                 | = 11                 | = 11                 | 11                   | 11                   | Active 11            | 11                   | 11                   | 11                   | 11
//	CancelPIN                       | 10                   | = 10                 | = 10                 | = 10                 | 10                   | 10                   | Active               | 10                   | 10                   | 10                   | 10
//	SeveralBadges                   | =                    | =                    | =                    | =                    | =                    | =                    | Active               | =                    | =                    | =                    | =
//	ReaderLost                      | = 12                 | = 12                 | = 12                 | = 12                 | = 12                 | = 12                 | Active               | Active               | Active               | Active               | = 12
//	SpareReady                      | = OutOf Unprov Idle Maint 13| = Wipe Unprov Idle 13| = 13                 | = 13                 | = 13                 | = 13                 | = 13                 | = 13                 | = 13                 | = 13                 | = 13
//	SpareLost                       | = 14                 | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =                    | =
//	Blanked                         | = 15                 | 15                   | 15                   | 15                   | = 15                 | 15                   | 15                   | 15                   | 15                   | 15                   | 15
//	Masked                          | 16                   | 16                   | 16                   | 16                   | 16                   | 16                   | 16                   | 16                   | Assist               | 16                   | 16
//	PageTroubled                    | 17                   | 17                   | Wipe                 | Wipe                 | = Wipe               | = Wipe               | = Wipe               | = Wipe               | = Wipe               | = Wipe               | Wipe
//	ViewLost                        | = 18                 | = Wipe 18            | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe
//	Succeeded                       | 19                   | 19                   | 19                   | 19                   | =                    | =                    | =                    | =                    | =                    | =                    | 19
//	Wiped verified                  | = OutOf Unprov Idle Maint 20| 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20
//	Wiped failed                    | OutOf 20             | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20                   | 20
//	Choose                          | 21                   | 21                   | 21                   | Active               | 22                   | 22                   | 22                   | 22                   | 22                   | 22                   | 21
//	Touched                         | 23                   | 23                   | =                    | =                    | =                    | Active               | 24                   | 25                   | =                    | =                    | =
//	End                             | 26                   | 26                   | 26                   | 26                   | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | Wipe                 | 26
//	Continue                        | 27                   | 27                   | 27                   | 27                   | 27                   | Active               | 27                   | 27                   | 27                   | 27                   | 27
//	MoreTime                        | 28                   | 28                   | 28                   | 28                   | =                    | Active               | 28                   | 28                   | =                    | =                    | 28
//	Help                            | 29                   | 29                   | 29                   | = 30 31              | = 30 31              | Active 30            | 30 31                | 30                   | 30                   | 30                   | 29
//	CancelHelp                      | 32                   | 32                   | 32                   | = 32                 | = 32                 | = 32                 | = 32                 | 32                   | 32                   | 32                   | 32
//	Agreed yes                      | 33                   | 33                   | 33                   | 33                   | 33                   | 33                   | 33                   | Mask                 | 33                   | 33                   | 33
//	Agreed no                       | 33                   | 33                   | 33                   | 33                   | 33                   | 33                   | 33                   | Active               | 33                   | 33                   | 33
//	StopHelp                        | 34                   | 34                   | 34                   | 34                   | 34                   | 34                   | Active               | Active               | Active               | Active               | 34
//	Answer                          | 35                   | 35                   | 35                   | = 35                 | = 35                 | 35                   | 35                   | 35                   | 35                   | 35                   | 35
//	Spoke                           | 23                   | 23                   | 23                   | =                    | =                    | Active               | =                    | =                    | =                    | =                    | 23
//	Aided                           | 23                   | 23                   | 23                   | =                    | =                    | Active               | =                    | =                    | =                    | =                    | 23
//	Provisioned                     | =                    | =                    | Wipe                 | 36                   | 36                   | 36                   | 36                   | 36                   | 36                   | 36                   | 36
//	Choose helper's                 | 21                   | 21                   | 21                   | Active 37            | 22                   | 22                   | 22                   | 22                   | 22                   | 22                   | 21
//	CloseOffer                      | 38                   | 38                   | 38                   | = 38                 | 38                   | 38                   | 38                   | 38                   | 38                   | 38                   | 38
//	BadgeArrived technician, stick  | = 6 3                | = Wipe Maint 3 7     | Maint 3              | Maint 3              | = 6 3                | = 6 3                | 3                    | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	BadgeArrived technician, stick, PIN| = 6 3                | = 9 3 7              | = 3                  | = 3                  | = 6 3                | = 6 3                | 3                    | = 6 3                | = 6 3                | = 6 3                | = 6 3
//	ServiceSwitch                   | 39                   | Maint 39             | Maint                | 39                   | 39                   | 39                   | 39                   | 39                   | 39                   | 39                   | 39
//	StickOut                        | 40                   | = 40                 | = 40                 | = 40                 | 40                   | 40                   | 40                   | 40                   | 40                   | 40                   | Wipe 40
//	StickRead                       | 41                   | 41                   | 41                   | 41                   | 41                   | 41                   | 41                   | 41                   | 41                   | 41                   | = 41
//	AgreeInstall                    | 42                   | 42                   | 42                   | 42                   | 42                   | 42                   | 42                   | 42                   | 42                   | 42                   | = 42
//	Installed well                  | = 43                 | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | = 43
//	Installed badly                 | = OutOf Unprov Idle 43| 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | 43                   | = 43
//	Tested well                     | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | = 44
//	Tested badly                    | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | 44                   | = 44
//	Leave                           | 45                   | 45                   | 45                   | 45                   | 45                   | 45                   | 45                   | 45                   | 45                   | 45                   | Wipe 45
//	Renew                           | 46                   | 46                   | 46                   | Wipe 46              | 46                   | 46                   | 46                   | 46                   | 46                   | 46                   | 46
//
//	 1  already out of service
//	 2  no session to help with
//	 3  the badge has not left the reader
//	 4  the film is still closing
//	 5  the person must answer the warning first
//	 6  a technician's badge opens nothing in a session
//	 7  the film is still not private
//	 8  the badge opens nothing
//	 9  no screen to type the PIN on
//	10  no PIN is asked for
//	11  no PIN is being looked at
//	12  people alone can go on without the reader
//	13  no spare was asked for
//	14  there was no spare
//	15  nothing was to be blanked
//	16  nothing was to be masked
//	17  the view is about to be replaced or shows no page
//	18  no view is on screen
//	19  no session that could succeed
//	20  no wipe is under way
//	21  no procedure can be chosen now
//	22  one procedure a session: finish this one first
//	23  nothing on screen takes input
//	24  only the PIN counts
//	25  only an answer counts
//	26  no session to end
//	27  no warning is on screen
//	28  no time is running that could be more
//	29  nobody can be helped now
//	30  a helper is here
//	31  help was called already
//	32  help was not called
//	33  nobody asked for consent
//	34  no helper sees the screen
//	35  no question is on screen
//	36  a new configuration waits for a restart
//	37  only a helper's badge opens this
//	38  nothing is offered to a helper
//	39  the switch in the case sets up a new kiosk only
//	40  nothing waits for a stick
//	41  no stick is being read
//	42  no plan is on screen
//	43  nothing is being stored
//	44  no release is being tried
//	45  nothing is on screen that can be left
//	46  somebody is there, or the kiosk does not serve
package session
