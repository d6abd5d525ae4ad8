# Every text of the pages, in English.

## The frame
skip-to-content = Skip to main content
sign-in = Sign in
sign-out = Sign out
signed-in-as = Signed in as
menu = Menu
needs-you = What needs you
library = Library
people = People and organisations
my-profile = My profile
connected = How we are connected
settings = Settings
help = Help
back = Back
error-prefix = Error:{" "}
there-is-a-problem = There is a problem
agreement-and-privacy = Agreement and privacy notice
footer-node = This is the node of
head-hosted = at the node of
footer-network = It is part of the network
footer-network-waits = It waits to become part of the network
start-page = Start page
pages = Pages
previous-page = Previous page
next-page = Next page
page-of = Page { $page } of { $pages }
done = Done

## Words used on many pages
continue = Continue
save = Save
cancel = Cancel
change = Change
find = Find
optional = (optional)
nothing = Nothing yet
no-date = No date
no-title = No title
day-at = { $day } at { $time } (UTC)
just-now = Just now
minutes-ago = { $count ->
    [one] 1 minute ago
   *[other] { $count } minutes ago
}
hours-ago = { $count ->
    [one] 1 hour ago
   *[other] { $count } hours ago
}
days-ago = { $count ->
    [one] 1 day ago
   *[other] { $count } days ago
}

## Start, signing in, joining
start-about = The organisations in this network share what they know. This page is for members of the organisation named above.
start-waits = { $organisation } has applied to join { $network }, and waits for the organisations in it to decide.
start-waits-next = Nothing can be done here until then. Once it is in, whoever looks after this node makes the first account on this page.
start-set-up = Nobody has an account here yet. Whoever looks after this node makes the first one.
set-up-node = Set up this node
no-account-yet = No account yet?
no-account-next = Ask a colleague who has one to invite you. You get a link that works once.
session-ended = You have been signed out, because you had not used this page for a while or because you signed out elsewhere. Sign in again. What you had not saved is lost.
sign-in-name = Sign-in name
sign-in-name-hint = Your e-mail address is a good choice. Only you and the stewards of your organisation see it.
passphrase = Passphrase
passphrase-hint = At least 12 characters. Four words that do not belong together are easy to remember and hard to guess. You can paste it from a password manager.
enter-sign-in-name = Enter your sign-in name
enter-passphrase = Enter your passphrase
enter-new-passphrase = Enter a passphrase of at least 12 characters
sign-in-hosted = Members of { $organisations } sign in here as well.
forgotten = Forgotten your passphrase?
forgotten-next = Ask a steward of your organisation. Nobody can read your passphrase, but they can send you a link with which you choose a new one.
set-up-about = When the node started for the first time it wrote a set-up code into a file, and said where. Type the code, or paste it.
set-up-code = Set-up code
set-up-code-hint = It is in the file set-up-code in the folder with the node's data.
set-up-first = Make the first account
join-title = Make your account
join-about = With this account you are a member of { $organisation } in the network “{ $network }”.
full-name = Your name
full-name-hint = As colleagues know you. It is shown to the network. You can change that on your profile.
enter-full-name = Enter your name
must-agree = Read the agreement and the privacy notice, and agree to them if you want an account
i-agree = I have read both, and I agree
make-account = Make my account
reset-title = Choose a new passphrase
reset-about = This link is for { $name } at { $organisation }. Choose a new passphrase, and you are signed in. You will be signed out everywhere else, and your tokens for programs stop working.
reset-key = You also get a new key, which signs what you write. Nobody can open the old one without the old passphrase. Everything that you wrote stays yours.
use-passphrase = Use this passphrase
link-does-not-work = This link does not work
agreement-new = Your network has a new version of its agreement and privacy notice. Please read it.
agreement-version = Version { $version }
waiting = Waiting for a steward
waiting-about = Your account is made. A steward of your organisation has to confirm it before you can use it.
waiting-next = There is nothing else for you to do. If you know who the stewards are, tell them that you are here.
look-again = Look again

## What needs you
hello = Hello { $name }.
concerns-you = This is about your own organisation:
concerns-you-about = It is heard, and not asked. Say what you have to say, until { $when } at the latest.
concerns-you-soon = It is heard, and not asked. Say what you have to say before all who are asked have answered, and until { $when } at the latest.
nobody-speaks-needs-you = Nobody speaks for { $organisation }
nobody-speaks-about = { $count ->
    [one] A decision waits for its answer.
   *[other] { $count } decisions wait for its answer.
} Give its voice to a member, or to yourself.
applicant-needs-you = { $organisation } has applied to join
applicant-about = Look at the application, and open the decision to admit it.
rest-needs-you = { $organisation } rests
rest-goes-on = It is not asked in decisions, and meant to be back on { $day }.
rest-by-others = The others have decided that it rests. It is not asked in decisions until it says that it is back.
rest-is-over = It meant to be back on { $day }, and is not asked in decisions until it says that it is back.
needs-nothing = Nothing needs you right now.
newcomers-wait = { $count ->
    [one] 1 colleague waits to be confirmed
   *[other] { $count } colleagues wait to be confirmed
}
newcomers-about = You are a steward. Say whether you know them.
conflict-needs-you = You wrote in this resource, and it now says one thing in two ways. Choose which is right.
drafts-count = { $count ->
    [one] 1 draft
   *[other] { $count } drafts
}
drafts-about = Drafts stay on this node, and only you see them, until you share them.
profile-bare = Say what you do and what you can offer
profile-bare-about = Others find you by it. Everything is your choice, and you choose who sees it.
what-now = What you can do
invite-colleague = Invite a colleague
meet-people = Find people and organisations
see-decisions = See what is being decided
see-roles = See who does what

## The library
add-resource = Add a resource
my-drafts = My drafts
no-drafts = You have no drafts.
find-in-library = Find in the library
filters = Filters and order
kind = Kind
kind-toolkit = Toolkit
kind-case-study = Case study
kind-evidence = Evidence
kind-guidance = Guidance
kind-data = Data
kind-recording = Recording
kind-link = Link to something elsewhere
kind-other = Something else
tags = Tags
links = Links
licence = Licence
language = Language
order = Order
sort-title = From A to Z
sort-changed = Changed last first
use-filters = Use these
clear-search = Clear the search
found = { $count ->
    [one] 1 resource
   *[other] { $count } resources
}
library-empty = Nothing has been shared here yet. You can add the first resource.
nothing-found = Nothing was found. Try fewer words, or clear the filters.
changed-on = Changed { $day }
by = By
automatic = a program
former-member = A former member
somebody = Somebody
unknown-organisation = an organisation that is not known here yet
field-title = Title
field-summary = Summary
field-body = Text
field-kind = Kind
field-links = Links
field-tags = Tags
field-licence = Licence
field-language = Language
field-reviewed = Last reviewed
field-review_due = Next review due
field-adapted_from = Adapted from
reviewed-hint = The day when somebody last checked that this still holds, for example 2026-03-31
review-due-hint = The day when somebody should check again, for example 2027-03-31
review-overdue = This is overdue: it may no longer hold.
source-not-here = A resource that is not at this node
adapt-this = Make your own from it
adapting-about = This begins as a copy. Change what is different with you. The new resource says what it was made from.
any-language = Any language
compare-two = Compare two versions
compare-from = What it said after change
compare-to = With what it said after change
compare = Compare
what-differs = What differs
comparison-of = Two versions of “{ $title }”
comparison-about = What is only in the first version is crossed out. What is only in the second is underlined.
title-hint = One line that says what it is
summary-hint = A sentence or two: what it is, and for whom it is useful
body-hint = You can use Markdown: # for a heading, - for a list, **bold**, [words](https://example.org) for a link
tags-hint = Words to find it by, one on each line
links-hint = Addresses, one on each line
licence-hint = How others may use it, for example CC BY 4.0
language-hint = For example en or cy
enter-title = Enter a title
tag-separator = Take the semicolons out of the tags, and write each tag on a line of its own
field-too-long = { $field } is too long. It can have up to { $limit } bytes.
sent-before = You have sent this form before, with other answers. Those are kept. Look through these answers, and send them if you want both
field-missing = Fill in: { $field }
field-form = { $field } must be { $form }
field-steering = { $field } has characters in it that cannot be seen. Delete it and type it again
field-before = { $field } must not be before { $other }
field-too-many = { $field } has too many lines. There can be up to { $limit }.
keep-draft = Keep as a draft
check-answers = Check before you share
check-about = When you share this, every organisation in the network gets a copy, with your name and organisation.
share-now = Share with the network
change-answers = Change something
edit-this = Edit
edit-title = Edit “{ $title }”
history = History
resource-added = The resource is in the library. The other organisations get it as soon as they are connected.
resource-edited = Your change is saved.
resource-merged = Your change is saved. Somebody else had changed this while you were writing, so both are now below. Please read it once more.
resource-settled = That is settled.
resource-restored = The older version is back, as a new change. Nothing was lost: the history has all of it.
about-this = About this resource
contributors = Written by
added = Added
last-changed = Last changed
time-ahead = (this date is in the future: a clock was wrong)
left-out = This resource is over its size limit. { $count } changes do not fit and are left out. Add what is missing as a new resource.
body-cut = This text is very long. Only its first part is shown here.
changed-elsewhere = Somebody has just changed this resource.
changed-while-editing = Somebody has just changed this resource. Go on writing: when you save, both changes are kept.
show-new = Show what it says now
conflict = { $field }: two people wrote at the same time
conflict-about = Both answers are kept until somebody chooses. The first one is shown for now.
conflict-choose = Which one is right?
settle = Use this one

## The history of a resource
history-of = History of “{ $title }”
history-about = Every change is kept, with who made it. You can look at any version and bring it back.
changes-count = { $count ->
    [one] 1 change, newest first
   *[other] { $count } changes, newest first
}
when = When
who = Who
what = What
look = Look
see-what-changed = See what changed
brought-together = Brought changes together
version-of = A version of “{ $title }”
what-changed = What this change did
nothing-changed = It changed nothing that is shown.
first-version = This is how it began.
how-it-was = How it was then
restore = Bring this version back
not-counted = Not counted: written after its organisation had left, or by a key that was taken back.
not-counted-about = It is kept, and shown nowhere but in this history. It cannot be brought back, and neither can what was built on it.
not-counted-short = not counted
restore-about = This makes a new change that says what this version said. Nothing is lost.
taken-away = Taken away:
put-in = Put in:
until-here = (end)
lines-skipped = { $count ->
    [one] … 1 line that stayed the same
   *[other] … { $count } lines that stayed the same
}

## People
find-people = Find people
find-people-hint = By name, post, skill or organisation
organisations = Organisations in this network
organisation = Organisation
people-found = { $count ->
    [one] 1 person
   *[other] { $count } people
}
nobody-found = Nobody was found. Try fewer words.
letters = Names by letter
no-names = (no names)
field-name = Name
field-pronouns = Pronouns
field-post = Post
field-languages = Languages
field-skills = Skills
field-interests = Interests
field-offers = What I can offer
field-experience = Lived experience
field-contact = How to reach me

people-of = Only people of
everybody = Show everybody
field-about = What we do
field-sectors = Sectors
field-places = Places
field-website = Website
organisation-says-nothing = This organisation has not said anything about itself yet.
organisation-saved = What your organisation says of itself is saved.
listed-members = Members who agreed to be named here
no-listed-members = Nobody has asked to be named here.
everybody-of-organisation = Find everybody of this organisation
edit-organisation = Edit what your organisation says
edit-organisation-about = The whole network sees this. The name of the organisation is the one under which it joined.
about-hint = A few sentences: what the organisation is, and what it works on
sectors-hint = For example health, housing or education. One on each line
places-hint = Where it works. One on each line
website-hint = For example https://example.org

## Roles
roles = Roles
role = Role
roles-about = A role says what somebody does for the network, for a time. You take one on yourself, and you lay it down when you like. A role gives nobody power over anybody.
your-roles = Your roles
your-role = Your role
no-roles-of-yours = You have none at the moment.
all-roles = All roles, and who has them
all-holders = All { $count } who have this role: { $role }
role-unheld = Nobody has this role at the moment.
take-on-role = Take on a role
take-on-about = Your name, your organisation and your role are shown to the network.
accepting-about = You were asked for this. When you take it on, the person who asked can see that you did.
which-role = Which role?
choose-role = Choose a role
field-role = Role
field-topic = What is it about?
field-since = From
field-until = Until
field-note = What do you want to say?
field-person = Person
topic-hint = Leave this empty for the whole network
since-hint = For example 2026-03-31
until-hint = Leave this empty if you do not know yet. For example 2027-03-31
note-hint = For example why you think of them, and how much time it takes
whole-network = for the whole network
role-since = Since { $day }.
role-until = Until { $day }.
role-open = No end is set.
role-ends-soon = It ends soon.
change-or-lay-down = Change or lay down
change-until = Change until when
lay-down = Lay it down
lay-down-about = It ends today. You owe nobody a reason, and you can take it on again.
role-taken-on = You have taken on the role.
role-changed = Your role is changed.
role-laid-down = You have laid the role down.
your-role-ends = Your role ends soon
your-role-ends-about = You can go on with it, or let it end.
ask-for-role = Ask to take on a role
ask-person = Ask { $name } to take on a role
ask-about = They can say yes or “not now”. They owe nobody a reason, and you are not told if they say “not now”. The same person is not asked for the same role again for six months. What you write here can be read by everybody in the network.
ask = Ask
role-asked = You have asked. This page shows it when they take it on.
asks-you = asks you to take on the role
request-title = Would you be: { $role }?
request-choice = It is your choice, and you owe nobody a reason. If you say “not now”, nobody is told, and you are not asked for this role again for six months.
not-now = Not now
request-declined = You said “not now”. Nobody is told.
you-asked = Whom you asked
request-open = No answer yet. That can also mean “not now”.
request-taken-on = They have taken it on.
take-request-back = Take this back
request-taken-back = You have taken it back.
role-connector = Connector
role-about-connector = Brings people together who should know of each other.
role-network-guardian = Network guardian
role-about-network-guardian = Keeps an eye on how the network works, and on what it agreed.
role-co-ordinator = Co-ordinator
role-about-co-ordinator = Keeps a piece of work going.
role-facilitator = Facilitator
role-about-facilitator = Leads meetings and helps people to learn from each other.
role-expert = Expert
role-about-expert = Knows a subject well, and answers questions about it.
role-sponsor = Sponsor
role-about-sponsor = Helps with time, money or protection. Has no extra vote.
role-organisational-representative = Organisational representative
role-about-organisational-representative = Speaks for their organisation.
role-participant = Participant
role-about-participant = Takes part.

## My profile
listed = Name me on my organisation's page
you-are-listed = You are named on your organisation's page.
you-are-not-listed = You are not named on your organisation's page.
experience-consent = I agree that what I tell of my lived experience is shown to those I chose above. I can take this back at any time: then it is no longer shown, though copies that others made before may stay.
experience-consent-missing = Tick that you agree, or choose that nobody sees your lived experience
profile-about = This is what you say of yourself. Under each answer you see who can read it.
profile-saved = Your profile is saved.
edit-profile = Edit my profile
as-others-see = See it as others do
profile-edit-about = Only your name is needed. For everything else it is your choice whether you say it, and to whom.
a-line-each = One on each line
offers-hint = For example advice, a visit, time to listen
experience-hint = Only if you want to tell of it. It is shown to nobody unless you change that below.
who-sees = Who sees this? ({ $field })
shown-to = Shown to: { $whom }
shown-to-nobody = nobody
shown-to-organisation = my organisation
shown-to-network = the network

## How we are connected
connected-outside = Nothing is exchanged with the other nodes of the network any more.
connected-alone = No other organisation is in this network yet.
connected-all = All other nodes hold the same as this one.
connected-some = { $some } of { $all } other nodes hold the same as this one.
safe-to-switch-off = Is it safe to switch this node off?
safe-yes = Yes. At least one other node has everything that is here for the network. Drafts are on this node alone, and what is only for your organisation is on its own nodes.
safe-no = Not yet. Nobody else is known to have everything that is here. Wait until another organisation is in step.
safe-outside = Nobody waits for it. What was written here since your organisation went is on this node alone: keep a copy of its data folder.
the-others = The other organisations
no-others = There are none yet.
others-caption = What the others hold
state = How it is
last-in-step = Last in step
peer-in-step = Connected, and holds the same.
peer-behind = Connected, and catching up.
peer-away-in-step = Not connected. It held the same when last seen.
peer-declines = This node is turned away there: that organisation does not have it on its list of members.
peer-away = Not connected. It gets what is new when it is back.
peer-lacks = { $count ->
    [one] When last heard of, it lacked 1 change that is here.
   *[other] When last heard of, it lacked { $count } changes that are here.
}
peer-has-more = { $count ->
    [one] When last heard of, it had 1 change that is not here yet.
   *[other] When last heard of, it had { $count } changes that are not here yet.
}
not-since-start = Not since this node started
this-node = This node
holds-resources = { $count ->
    [one] It holds 1 resource.
   *[other] It holds { $count } resources.
}
changes-wait = { $count ->
    [one] 1 change waits for something that has not arrived yet.
   *[other] { $count } changes wait for something that has not arrived yet.
}
node-version = It runs version { $version } of Knotwork.
store-damaged = Some of what is kept here is damaged. Ask whoever looks after this node to start it again: it then repairs itself.
needs-update = Others use a newer version of Knotwork. Ask whoever looks after this node to update it.

## Settings
notices = Notices
notices-about = You are told of these things on the page “What needs you”, and nowhere else: nothing is sent to you. Turn off what you do not want to see.
notices-which = Tell me
notice-requests = when somebody asks me to take on a role
notice-roles = when a role of mine ends soon
notice-conflicts = when something I wrote in says one thing in two ways
notice-drafts = when I have drafts
notice-profile = when my profile says little
notices-saved = Your choice is saved.
agreement-accepted = You accepted version { $version } of your network's agreement on { $day }.
sessions = Where you are signed in
sessions-about = If you do not know one of these, end it and change your passphrase.
this-session = this one
browser-on = { $browser } on { $system }
session-times = Since { $made }. Last used { $seen }.
end-session = Sign out there
end-other-sessions = Sign out everywhere else
session-was-ended = You are signed out there.
change-passphrase = Change your passphrase
old-passphrase = Passphrase now
new-passphrase = New passphrase
old-passphrase-wrong = This is not your passphrase. Check it and try again
passphrase-changed = Your passphrase is changed. You are signed out everywhere else.
passphrase-ends-sessions = You will be signed out everywhere else.
tokens = Tokens for programs
tokens-about = With a token, a program can do things in your name. Give it to nobody else.
make-token = Make a token
token-name = What is it for?
token-name-hint = A name that tells you later, for example “weekly report”
token-scopes = What may it do?
scope-read = Read what you can read
scope-write = Write in your name
scope-monitor = Read how the node is doing
token-days = After how many days does it end?
token-days-hint = From 1 to 365
enter-days = Enter a number of days from 1 to 365
token-made = Your token
token-once = Copy it now. It is not shown again.
token-ends = Ends { $day }
token-ended = Ended { $day }
end-token = End this token
invitations-about = A link that you send to a colleague of your own organisation. It works once, for 7 days.
make-invitation = Make an invitation
invitation-made = Send this link to your colleague
invitation-once = Copy it now. It is not shown again. Whoever has it can use it, so send it to them alone.
open-invitations = Open invitations
invitation-times = Made { $made }. Works until { $ends }.
withdraw-invitation = Take it back
colleagues = Colleagues with an account
stewards-about = Stewards look after this node. They have no other power, here or anywhere.
signs-in-as = Signs in as { $name }, since { $day }
is-steward = Steward.
make-steward = Make a steward
no-steward = No steward any more
confirm = Confirm
turn-away = Turn away
newcomers = Newcomers
newcomers-are-confirmed = A steward confirms each newcomer before they can use their account.
newcomers-are-not-confirmed = Whoever has an invitation can use their account at once.
stop-confirming = Let newcomers in at once
start-confirming = Confirm each newcomer
colleague-changed = That is done.

## A forgotten passphrase, and leaving
for-stewards = For stewards
make-reset-link = Make a link for a new passphrase
reset-link = A link for a new passphrase
reset-link-made = Send this link to { $name }
reset-link-once = Copy it now. It is not shown again. It works once, for 24 hours. Whoever has it can sign in as { $name }: send it to them alone, and make sure first that they asked for it themselves.
person-left = This person has left
has-left = Has { $name } left?
close-account = Close my account
close-own-about = Your account ends at once. You are signed out everywhere and cannot sign in again. This cannot be undone. If you come back one day, a colleague can invite you.
close-other-about = Their account ends at once. They are signed out everywhere and cannot sign in again. This cannot be undone. If they come back one day, you can invite them.
leaving-stays = What was written stays, and the author stays the same. Where the author is named, it says “no longer at { $organisation }”.
what-of-profile = What should happen to the profile?
profile-keep = Keep it
profile-keep-about = Others can still see the name, and what the profile says.
erase-profile = Take the profile away
leaving-erase-about = The name is not shown any more, here or at other organisations: it says “A former member”. Names that stand in texts stay, and so do copies that others have saved. This cannot be undone.
choose-profile = Choose what should happen to the profile
close-this-account = Close this account
account-is-closed = Your account is closed, and you are signed out. Thank you for what you shared.
no-longer-at = No longer at { $organisation }
gone-from-network = { $organisation }, which is not in the network any more
no-longer-at-lower = no longer at { $organisation }
new-key-since = New key since
new-key-about = This person chose a new passphrase and got a new key. If that surprises you, ask their organisation.

## What did not work
not-found = This page is not here
not-found-why = There is nothing at this address. It may have been mistyped, or what was here may not have arrived at this node yet.
not-found-next = You can go on from here:
wrong-method = This page cannot be used in that way
wrong-method-why = Go back, and use the buttons and links on the page.
form-not-read = Your answers did not arrive
form-too-long = They are too long. Go back, shorten them, and send them again.
form-no-form = They did not come from a form of this page. Go back, and send the form again.
form-lost = The connection was too slow or broke off. Go back, and send the form again.
form-foreign-why = This form was not made for this browser, or it is from before you signed in. To protect you, nothing was changed.
form-foreign-next = Go back, load the page again, and send the form once more.
failure = That did not work
failure-next = Nothing was changed. Go back and try again in a moment. If it stays so, tell whoever looks after this node.

## Help
help-what = What is this?
help-what-text = A library, and the people behind it, shared by organisations that want to improve something together. No organisation owns it. Each has its own node, and each node has a copy of everything.
help-copies = What happens to what I write?
help-copies-text = It is saved on your organisation's node at once. The other nodes get a copy as soon as they are connected. You can go on working when the internet is away.
help-conflicts = What if two people write at the same time?
help-conflicts-text = Both are kept. Text is put together. Where one thing is said in two ways, the page shows both, and anyone can choose.
help-back = Can I undo something?
help-back-text = Yes. Open the history of a resource, look at an older version, and bring it back. Nothing is ever lost by an edit.
help-seen = Who sees what I say of myself?
help-seen-text = You choose for each answer on your profile: nobody, your organisation, or the network. What is for nobody stays on this node.
help-who = Whom can I ask?
help-who-text = The stewards of your organisation look after this node. Your colleagues know who they are.

## Decisions: the register
decisions = Decisions
decision = Decision
how-it-stands = How it stands
answered = Answered
decisions-about = Here organisations decide together. Every organisation has one voice, and a member speaks for it.
start-decision = Start a decision
decide-on-this = Propose this for a decision
decisions-about-this = Decisions about this text
charter = Charter
voice = Who speaks for us
minutes = Minutes
admissions = Admitting organisations
which-decisions = Which decisions
all-decisions = All
open-decisions = Open
no-decisions = Nothing has been decided here yet. You can start the first decision.
no-open-decisions = No decision is open at the moment.
decisions-count = { $count ->
    [one] 1 decision, the newest first
   *[other] { $count } decisions, the newest first
}
state-announced = Opens on { $when }
state-open = Open until { $when }
state-closed = Closed and waiting for signatures
state-lapsed = Lapsed when the network was reconvened
outcome-adopted = Adopted
outcome-not-adopted = Not adopted
outcome-not-decided = Not decided
outcome-chosen = Chosen: { $option }
answered-of = { $count } of { $asked }

## Decisions: methods
method = Method
method-consent = Consent
method-about-consent = It is adopted unless somebody has an argument why it would do harm that can be avoided. Good enough for now, safe enough to try.
method-consensus = Consensus
method-about-consensus = It is adopted unless somebody blocks it.
method-majority = Majority
method-about-majority = It is adopted if more than half of those who say yes or no say yes.
method-supermajority = Two thirds
method-about-supermajority = It is adopted if at least two thirds of those who say yes or no say yes.
method-chosen-share = A share that was chosen for it
method-score = Scores
method-about-score = Everybody gives each option 0 to 5. The option with the highest mean is chosen.
method-dot = Dots
method-about-dot = Everybody has 8 dots to give to options. The option with the most dots is chosen.
method-ranked-runoff = Ranking, by run-off
method-about-ranked-runoff = Everybody puts the options in order. The option with the fewest votes goes out, until one has more than half.
method-ranked-schulze = Ranking, by pairs
method-about-ranked-schulze = Everybody puts the options in order. The option that most people prefer to each other option is chosen (the Schulze method).
method-advice = Advice
method-about-advice = Others say what they think. Whoever asked decides.
method-gradients = Eight steps
method-about-gradients = Everybody says where they stand, from full support to a veto. It shows how far apart people are, and decides nothing.
needed-quorum = At least { $count } of { $asked } have to take part. If fewer do, nothing is decided.
needed-consent = It is adopted if at least one consents and no objection stays open.
needed-consensus = It is adopted if at least one agrees and nobody blocks.
needed-fallback = If somebody blocks, it is adopted if { $share } agree.
needed-share = It is adopted if { $share } agree.
needed-score = The option with the highest mean is chosen.
needed-dot = The option with the most dots is chosen.
needed-ranked-runoff = The option that has more than half of the votes is chosen, if need be after several rounds.
needed-ranked-schulze = The option that is preferred to the others, pair by pair, is chosen.
needed-advice = Nothing is adopted by it: whoever asked decides.
needed-gradients = Nothing is adopted by it: it shows where everybody stands.
needed-binding = It binds everyone, so at least { $count } of { $asked } organisations have to agree.
share-at-least-cast = at least { $fraction } of those who say yes or no
share-at-least-asked = at least { $fraction } of all who are asked
share-more-cast = more than { $fraction } of those who say yes or no
share-more-asked = more than { $fraction } of all who are asked
fraction-half = half
fraction-two-thirds = two thirds
fraction-three-quarters = three quarters
fraction-all = all
fraction-other = { $part } of every { $whole }
effect-admit = { $organisation } joins the network.
effect-admit-hosted = { $organisation } joins the network. Its members use another organisation's node, so it signs no minutes.
effect-remove = { $organisation } is removed from the network.
effect-rest = { $organisation } rests until it says that it is back.
effect-node = { $organisation } has another node.
effect-charter = The network has another charter.
effect-stage = The network says where it stands: { $stage }.

## Decisions: one decision
what-is-proposed = What is proposed
options = Options
charter-what-differs = What would change in the charter
option = Option
who-is-left-out = Who might this leave out or harm, and who has been asked?
how-it-is-decided = How it is decided
asked-by = Asked by
who-is-asked = Who is asked
needed-to-pass = What is needed
open-until = Open until
was-open-until = Was open until, at the latest
or-when-all-have-answered = Or sooner: as soon as everybody who is asked has answered, unless somebody objects or blocks.
or-when-it-was-heard-and-all-have-answered = Or sooner: as soon as the organisation concerned has been heard and everybody who is asked has answered, unless somebody objects or blocks.
what-it-changes = What it changes
when-it-closes = When it closes
who-sees-positions = Who sees the answers
review-on = Looked at again on
follows = Follows
earlier-decision = an earlier decision
earlier-draft = the text that was drafted in the library
asked-organisations = { $count ->
    [one] 1 organisation
   *[other] { $count } organisations, one voice each
}
asked-persons = { $count ->
    [one] 1 person
   *[other] { $count } people
}
signatures-needed = { $signing ->
    [one] It is final when this organisation has signed it.
   *[other] It is final when { $needed } of { $signing } organisations have signed it.
}
signatures-all-usual = { $signing ->
    [one] Nobody else has to sign.
   *[other] All { $signing } are usually reachable.
}
signatures-usual = { $usual ->
    [one] 1 of { $signing } is usually reachable.
   *[other] { $usual } of { $signing } are usually reachable.
}
signatures-unheard = Not heard of for { $days } days: { $names }.
signatures-never-heard = Not heard of yet: { $names }.
signatures-too-few = These are too few to make it final. It waits until more of them are back.
positions-shown-always = Everybody in the network, at once
positions-shown-after-own = Those who have answered, and everybody once it has closed
positions-shown-after-closing = Everybody in the network, once it has closed
decision-opened = The decision is open. Everybody who is asked can answer now.
position-taken = Your answer is taken. Its reference is { $reference }.
terms-changed = The decision has been changed. Everybody is asked anew.
remark-said = What you said is there for everybody.
remark-taken-back = You have taken it back.
voice-taken = You speak for your organisation now.
you-answer-for = You answer for { $organisation }.
you-answer-for-yourself = You answer for yourself.
you-have-answered = The answer so far:
answered-by-stand-in = (given by { $name }, who stands in)
change-position = Change the answer
take-position = Answer
asked-anew = This decision has been changed since it was opened, so everybody is asked anew. Answers to earlier versions do not count.
others-speak = { $names } speaks for { $organisation } in decisions. Tell them what you think.
nobody-speaks = Nobody speaks for { $organisation } in decisions at the moment.
speak-for = Speak for { $organisation }
ask-a-steward = A steward can change that.
not-asked = Your organisation is not asked in this decision.
not-asked-resting = Your organisation rests, so it is not asked.
have-gone-since = Asked, and not in the network any more:
result = Result
is-final = This is final. It stands in
is-overtaken = It changes nothing: what it was to change had been changed by another decision, or by an organisation's own word, before it was final.
download-proof = Download the proof
proof-about = The file holds what was asked, who answered what and why, and who signed the outcome. Anybody can check it with the program, without this node.
minute-number = Minute { $number }
minute-hash = Hash
would-be = As counted here: { $outcome }
not-final = This is not final.
waits-for-statements = These organisations have not said yet which answers they hold: { $names }.
waits-for-signatures = These organisations have not signed yet: { $names }.
cannot-reach = These organisations cannot be reached now: { $names }.
late-positions = Some answers came too late and were not counted. The result stays as it is. You can ask everybody again.
unnamed-positions = Some answers came after the closing. They count only if another organisation says that it held them in time. If none does, you can ask everybody again.
run-again = Start a new round
decide-anew = Renew or change this by a new decision
review-is-due = This was to be looked at again by now. Until something else is decided, it holds.
followed-by = Decided anew in
is-asked-anew = This is being decided again in
was-followed-by = It was followed by
was-asked-anew = This still holds. It was followed by
look-again-at = To be looked at again:
look-again-about = Does what was decided still hold? Renew it, change it by a new decision, or leave it as it is.
has-lapsed = This was asked before the network was reconvened. Others were asked then, so it comes to nothing now. You can ask everybody again.
who-exactly = Who exactly is asked
and-more = And { $count } more
not-answered-yet = Not answered yet:
positions = Answers
position = Answer
voter = Who
reason = Reason
no-positions = Nobody has answered yet.
positions-count = { $count ->
    [one] 1 answer
   *[other] { $count } answers
}
is-spoiled = This says several things at once and does not count.
is-late = This came too late and was not counted.
is-late-so-far = This came too late. So far, no organisation held it in time.
is-counted-still = The key that signed this was taken back since. What is minuted stays.
no-reason = None given
finds-no-argument = Finds that the objection of { $name } is no argument against the proposal.
hidden-until-own = You see the answers of others once you have answered.
hidden-until-closed = You see the answers once the decision has closed, on { $when }.
earlier-answers = Answers to version { $version }, which do not count any more
objections = Objections
objection-open = open
objection-stood = stood unanswered at the end
objection-not-qualified = found to be no argument against the proposal
objection-integrated = integrated in version { $version }
objection-withdrawn = withdrawn
objection-earlier = to an earlier version
objection-late = too late
on-version = To version { $version }.
versions-of-terms = Versions
version-number = Version { $version }
in-force = in force
versions-compared = What version { $after } changed in version { $before }.
field-text = Text

## Decisions: what the answers come to
counts = How the answers were counted
how-many = How many
first-ranks = Ranked first
dots = Dots
score-sum = Sum
scored-by = Scored by
how-many-scored = How many gave each a score
score-mean = Mean, as a fraction
score-range = Lowest and highest
no-score = no score
from-to = { $lowest } to { $highest }
given-by = Given by
took-part = { $cast } of { $asked } said something, { $abstained } abstained.
spoiled-count = { $count } did not count, because they said several things at once.
undecided-quorum = Too few took part: { $count ->
    [one] 1 was needed.
   *[other] { $count } were needed.
} So nothing is decided, and nothing is rejected.
undecided-nothing = Nobody took a position.
undecided-advice = Advice decides nothing. Whoever asked decides.
undecided-gradients = This shows where everybody stands and decides nothing.
agreed-of-needed = { $agreed } agreed, { $needed ->
    [one] 1 was needed.
   *[other] { $needed } were needed.
}
lot-decided = These were equal, and the lot put them in this order. It is the same lot on every node:
objections-open = Objections that stayed open: { $names }.
objections-set-aside = Objections that were found to be no argument: { $names }.
advice-concerns-of = With a concern: { $names }.
concerns-of = With a concern, which is looked at in the review: { $names }.
blocks-of = Blocked by: { $names }.
rounds = Rounds
rounds-about = In each round the option with the fewest votes goes out. Its votes go to the option that comes next in each ranking.
goes-out = { $option } goes out.
several-lowest = Several had the fewest votes; earlier rounds or the lot told them apart.
votes-go-to = { $count } go to { $option }.
votes-for-nobody = { $count } rank no option that is still in.
pairs = Pair by pair
pairs-about = Each number says how many put the option on the left above the one at the top.
pairs-caption = How many prefer one option to another
above = above
order-of-options = The order that follows

## Decisions: remarks
remarks = Comments and questions
no-remarks = Nobody has said anything yet.
say-something = Say something
what-kind-of-remark = What is it?
choose-remark = Choose what it is
remark-text = What do you want to say?
remark-hint = Everybody in the network can read it, with your name.
write-remark = Write what you want to say
say-it = Say it
answer-question = Answer this question
your-answer = Your answer
take-remark-back = Take it back
who-does-what = Who does what
no-tasks = Nobody has taken anything on yet.
take-something-on = Take something on
what-you-will-do = What will you do?
until-when = Until when?
take-it-on = Take it on
write-task = Write what you will do
due-wrong = Choose a day
task-due = until { $day }
task-late = (that day is over)
task-state-open = To do
task-state-done = Done
task-is-done = It is done
task-is-not-done = It is not done after all
taken-on = You have taken it on. Everybody can see it.
task-done = It is marked as done.
task-not-done = It is to be done again.
you-took-on = You have taken this on:
remark-comment = Comment
remark-question = Question
remark-answer = Answer
remark-outcome = Outcome
remark-task = Taken on
remark-dissent = Dissent
remark-hearing = What the organisation concerned says
remark-about-comment = Something that others should consider
remark-about-question = Something that you want to know; others can answer
remark-about-answer = To a question
remark-about-outcome = What was decided, in plain words
remark-about-dissent = Why you disagree with the outcome; it stays beside it
remark-about-hearing = Your organisation is concerned and is not asked; it is heard. This alone stays beside the decision if your organisation is removed

## Decisions: answering
your-position = What is your answer?
choose-position = Choose an answer
position-consent = Consent
position-about-consent = It is good enough for now and safe enough to try.
position-with-concern = Consent, with a concern
position-about-with-concern = It can go ahead. Your concern is looked at in the review.
position-objection = Objection
position-about-objection = You have an argument why it would do harm that can be avoided, or how it can be made better now.
position-agree = Agree
position-about-agree = You are for it.
position-abstain = Abstain
position-about-abstain = You are neither for it nor against it. You count as having taken part.
position-disagree = Disagree
position-about-disagree = You are against it.
position-stand-aside = Stand aside
position-about-stand-aside = You do not agree, and you do not stop it.
position-block = Block
position-about-block = You are against it, and it cannot go ahead with you.
position-advice-agree = I would do it
position-about-advice-agree = You see nothing that speaks against it.
position-advice-concern = Consider this first
position-about-advice-concern = You see something that should be thought of before.
position-advice-abstain = No advice
position-about-advice-abstain = You have been asked and have nothing to add.
position-step-1 = Full support
position-about-step-1 = You like it.
position-step-2 = Support with a small point
position-about-step-2 = Basically you like it.
position-step-3 = Support with reservations
position-about-step-3 = You can live with it.
position-step-4 = Abstain
position-about-step-4 = You have no opinion.
position-step-5 = More talk needed
position-about-step-5 = You do not understand it well enough yet.
position-step-6 = Do not like it, but will support it
position-about-step-6 = You do not want to hold up the group.
position-step-7 = Serious disagreement
position-about-step-7 = You do not want it, and will not stand in the way.
position-step-8 = Veto
position-about-step-8 = You want to stop it.
latest-counts = Only your latest answer counts. Others can see that you answered before.
field-reason = Reason
reason-hint-always = Say why. Every answer needs a reason here.
reason-hint-against = Say why. You need a reason if you are against it.
reason-hint-optional = Say why, if you want to. To stop a proposal you need a reason.
reason-missing = Say why: this answer needs a reason
finding-needs-reason = Say why the objection is no argument against the proposal
score-about = Score the options. You can leave some empty: that says nothing of them, and is not 0.
score-hint = 0 to { $highest }
score-wrong = Enter a whole number from 0 to { $highest }, or leave it empty
dots-about = You have { $dots } dots to give. You need not give all.
dots-hint = A whole number, or empty for none; { $dots } in all
dots-wrong = Enter a whole number up to { $dots }, or leave it empty
dots-too-many = You have given more than { $dots } dots in all
your-ranking = Put the options in order
ranking-about = Choose what comes first, then what comes next. You can move options up and down. What you leave out comes below all that you rank.
nothing-ranked = You have ranked nothing so far.
not-ranked = Not ranked
move-up = Up
move-down = Down
leave-out = Leave out
rank-next = Rank next
is-at-place = { $option } is number { $place } of { $ranked }.
is-not-ranked = { $option } is not ranked.
others-objections = Objections of others
others-objections-hint = An objection is an argument. Tick those that you find to be no argument against the proposal, and say why below. More than two thirds of the others have to find so, and at least two.
is-no-argument = The objection of { $name } is no argument against the proposal
no-argument-from = No argument, you find, is the objection of
check-position = Check your answer
who-will-see = Who will see this
who-will-see-about = Your name, your answer and your reason can be seen by every member of { $organisations ->
    [one] this organisation.
   *[other] the { $organisations } organisations of this network.
} Those that join later can see it too.
seen-at-once = They can see it at once.
seen-after-own = They can see it when they have answered themselves, and all of them once the decision has closed.
seen-after-closing = They can see it once the decision has closed. Until then it is on every node, and whoever looks after a node could read it.
how-long-kept = It is kept as long as the decision is kept. Once that is final, everybody who can see it can download it with the proof, and pass it on. You can change your answer until the decision closes.
take-this-position = Give this answer
terms-have-changed = The decision has been changed while you had this page open. Read it again
objection-has-changed = The objection was changed since you read it. Read it again, and say then whether it is an argument

## Decisions: starting one
which-decision-kind = What do you want to do?
decision-kind-proposal = Propose something
decision-kind-about-proposal = Others adopt it or not.
decision-kind-charter = Change the charter
decision-kind-about-charter = What the network is for and how it works.
decision-kind-options = Choose among options
decision-kind-about-options = Others score or rank them, and one is chosen.
decision-kind-advice = Ask for advice
decision-kind-about-advice = Others say what they think, and you decide.
new-proposal = Propose something
new-choice = Choose among options
new-advice = Ask for advice
draft-follows-about = This decision starts from an entry of the library, and will name it. Its text is frozen once the decision opens; the entry can still be edited.
follows-about = This is a new round of an earlier decision. What was decided before stays until this is decided.
decision-title-hint = A few words, as they will stand in the list of decisions.
decision-text = What do you propose or ask?
decision-text-hint = The whole text. It is fixed when the decision opens; changing it later asks everybody anew. Do not make a person the subject of a decision.
decision-summary-hint = The same in a few plain sentences, for those in a hurry.
left-out-hint = People, places, organisations. Say whom of them you have asked, and what they said.
options-hint = One on each line, at least two.
which-method = How is it decided?
closes-day = On which day does it close?
closes-hint = Give people time to talk about it in their organisations.
closes-time = At what time does it close?
closes-time-hint = Hours and minutes in UTC, such as 17:00.
which-reasons = Who has to give a reason?
reasons-against = Those who are against it
reasons-optional = Only those who stop it
reasons-always = Everybody
review-when = When do you look at it again?
who-shall-see = Who sees the answers?
who-shall-see-hint = Under consent, an objection can be talked about and met only if others can read it before the end.
objections-unread = Nobody can read an objection before the end, so none can be met: a single one stops it.
review-hint = If you leave it empty, a proposal is looked at after a year.
enter-text = Enter what you propose or ask
text-too-long = This is too long. It can have up to { $limit } bytes
choose-method = Choose how it is decided
options-wrong = Enter 2 to 64 options, one on each line
closes-day-wrong = Enter the day on which it closes
closes-time-wrong = Enter the time at which it closes, such as 17:00
closes-out-of-range = Choose a time that is at least a minute and at most a year from now
closes-earlier = A decision can close later than it was said, and not earlier
review-wrong = Enter a day, or leave it empty
more-settings = More settings
decision-quorum = How many have to take part?
decision-quorum-hint = A number, such as 3, or a share, such as 2/3 or 60%. If fewer take part, nothing is decided. If you leave it empty, it is half of those who are asked, and for advice nobody has to.
quorum-wrong = Enter how many have to take part, such as 3, 2/3 or 60%, or leave it empty
quorum-unused = Nobody has to take part for advice: leave that number empty
quorum-too-many = { $asked ->
    [one] Only 1 is asked, so no more can have to take part
   *[other] Only { $asked } are asked, so no more can have to take part
}
decision-share = How many have to agree?
decision-share-hint = For “Two thirds”: another share that is more than half, such as 3/4 or 75%; with > before it, such as > 3/4, more than that. For consensus: the share that is enough if somebody blocks; without one a single block stops it.
share-wrong = Enter a share of more than half, such as 3/4 or 75%, or leave it empty
share-unused = Choose “Two thirds” or consensus above, or leave empty how many have to agree
decision-share-of = Of whom is that counted?
decision-share-of-hint = For “Majority”, “Two thirds”, and consensus with a share. Of all who are asked means that silence works like a no.
decision-share-of-cast = Of those who say yes or no
decision-share-of-asked = Of all who are asked
share-of-unused = Choose “Majority” or “Two thirds” above, or count of those who say yes or no
ask-persons = Ask people instead of organisations
ask-persons-hint = Each of those whom you tick has a voice of their own. If you tick nobody, every organisation is asked. Those are listed who agreed to be named.
persons-wrong = Tick those who are asked once more
persons-first = These are the first { $count } of { $all } by name.
persons-ticked = { $count ->
    [one] 1 person is ticked:
   *[other] { $count } people are ticked:
}
find-persons = Find people by their name or organisation
find-persons-now = Find
persons-none-found = Nobody else was found.
tick-all-persons = Tick all { $count }
persons-too-many = At most { $fit } people can be asked beside these texts. Tick fewer, or shorten the texts.
check-decision = Check before it opens
check-decision-about = When it opens, everybody who is asked can answer, and the text is fixed.
open-decision = Open the decision

## Decisions: changing one
change-terms = Change this decision
everyone-is-asked-anew = If you change anything here, everybody is asked anew: answers so far do not count any more, and stay to be read under the version that they were given to. It stays open for at least another day, or for as long as it was meant to be open, if that is shorter.
which-objections = Which objections does the new text integrate?
which-objections-hint = Tick those that you have talked about and met. Whoever objected is asked anew as well.
objection-of = The objection of { $name }
change-and-ask-anew = Change it and ask everybody anew

## The charter
charter-agreed = The charter was agreed on { $day } ({ $ago }).
charter-first-on = This is the charter with which the network began, on { $day } ({ $ago }).
charter-first = This is the charter with which the network began.
charter-review = It is looked at again from { $day } on.
charter-has-not-arrived = The text of this charter has not arrived here yet.
charter-not-accepted = Your organisation has not accepted this charter
charter-not-accepted-about = It was named when the network began, and the charter has been changed since. Once it has accepted the charter as it stands here, it is asked in decisions and signs minutes.
charter-accept = Accept for our organisation
charter-proposed = The charter as you propose it
charter-versions = Versions
charter-comparison = What changed in the charter
charter-purpose = What the network is for
charter-kinds = What kind of network it is
charter-functions = What it mainly does
charter-ways = How we work together
charter-values = What we hold dear
charter-disagreement = How we respect disagreement
charter-method = How decisions are usually taken
charter-admit = What it takes to admit an organisation
charter-remove = What it takes to remove an organisation
charter-amend = What it takes to change the charter
charter-reviewed = How often we look at it again
charter-stage = How far along the network is
usually-open = { $count ->
    [one] Usually open for 1 day
   *[other] Usually open for { $count } days
}
every-months = { $count ->
    [one] Every month
   *[other] Every { $count } months
}
of-organisations = At least { $fraction } of the organisations that are asked
at-least = At least { $fraction }
all-of-them = All of them
nothing-said = Nothing is said of this.
since-the-beginning = In force from the beginning
since-minute = In force since minute { $number }
network-learning = People learn from each other
network-agency = Organisations get something done together
network-advocacy = It speaks up for something
network-managed = Somebody has been asked to run it
network-social = People like to meet
network-movement = Many want something changed
function-community = Builds a community
function-filtering = Sorts out what matters
function-amplifying = Makes its members heard
function-facilitating = Makes work together easier
function-providing = Gives members what they need
function-convening = Brings people together
stage-pre-emergent = People find out whether there is anything to do together
stage-emerging = First ties and first agreements
stage-established = In full work
stage-dormant = Asleep, and it may wake
propose-stage = Propose where the network stands
stage-about = How far along the network is stands on the page of its charter, for everybody to read. Nothing is switched on or off by it.
stage-now = At the moment it says: { $stage }.
which-stage = Where does the network stand?
choose-stage = Choose where the network stands
stage-title = Where the network stands: { $stage }
propose-change = Propose a change
change-charter-about = Change what you want to change. Then you see what would be different, and open a decision about it.
charter-why = Why do you propose this?
charter-why-hint = This is the text of the decision.
charter-purpose-hint = In your own words.
charter-ways-hint = How people meet, who prepares what, how work is shared.
charter-values-hint = What matters to all of you.
charter-disagreement-hint = What those can do who see something in another way, and what others owe them.
usual-days = For how many days is a decision usually open?
usual-days-hint = 1 to 90
remove-hint = An organisation that others want to remove is heard, and is not asked.
review-months = After how many months do you look at the charter again?
review-months-hint = 1 to 120
enter-why = Enter why you propose this
enter-purpose = Enter what the network is for
days-wrong = Enter a number of days from 1 to { $most }
months-wrong = Enter a number of months from 1 to { $most }
choose-share = Choose how many have to agree
charter-unchanged = Nothing is different yet. Change something first
what-would-change = What would change
charter-decision-title = Change the charter
renewal-title = Renew the charter
renewal-text = The charter is due to be looked at again. This asks everybody whether it still holds as it is. Whoever wants it changed can object or propose another text.
renewal-due = Does the charter still hold?
renewal-about = It is time to look at it again. You can ask every organisation whether it still holds as it is.
renew = Ask everybody

## Who speaks for an organisation
who-speaks = Who speaks for { $organisation }
voice-about = In decisions each organisation has one voice. A steward gives it to a member for a time, and the member accepts.
speaks-until = Until { $day }.
not-accepted-yet = Not accepted yet.
give-voice = Give the voice to a member
who-shall-speak = Who shall speak?
voice-until = Until when?
voice-until-hint = After that day somebody has to be given it anew.
choose-person = Choose a person
until-wrong = Enter a day that is still to come
take-voice-back = Take the voice back
take-voice-back-about = Nobody speaks for your organisation then. Answers that were given stay.
stewards-give-voice = The stewards of your organisation give the voice.
voice-given = The member is asked to accept.
voice-taken-back = Nobody speaks for your organisation now.
voice-declined = You have declined. Nobody speaks by this any more.
voice-laid-down = You do not speak for your organisation any more.
voice-offered = You are asked to speak for your organisation in decisions.
voice-held = You speak for your organisation in decisions.
accept-voice = Accept
decline-voice = Decline
lay-voice-down = Lay it down
voice-needs-you = Speak for { $organisation }?
last-day = Last day:
decision-needs-you = Your answer is wanted until { $when }.
reminder = Your answer is wanted
reminder-by = By { $when }:
reminder-once = This is said once. Until you answer, it stands under “What needs you” as well.

## The minutes
minutes-about = What was decided stands in the minutes, number by number, the same at every organisation. A minute is final when more than two thirds of the organisations have signed it. Nothing is ever final by silence.
no-minutes = There are no minutes yet.
number = Number
earlier-minutes = Earlier minutes
minutes-not-kept = This node takes no part in the minutes.
minutes-differ = Another node has other minutes
minutes-differ-about = { $names } has other minutes at the same number. That cannot happen by accident. Talk to each other before you decide anything else.
node-contradicts-itself = An organisation signed two different things
node-contradicts-itself-about = { $names } signed one thing for some of you and another for others, in one place of the minutes. The minutes hold all the same. Ask each other what happened: its node may run twice, or somebody else may have its key.
final-up-to = { $number ->
    [0] No minute is final yet.
   *[other] Final up to minute { $number }.
}
minute-signatures = { $signing ->
    [one] A minute is final when this organisation has signed it.
   *[other] A minute is final when { $needed } of { $signing } organisations have signed it.
}
minutes-outside = What was minuted after that is not known here: the others go on without your organisation.
has-closed = This decision has closed:
in-progress = Minute { $number } is being signed.
waiting-matters = { $count ->
    [0] Nothing waits to be minuted.
    [one] 1 thing waits to be minuted.
   *[other] { $count } things wait to be minuted.
}
node-asks = This node does not sign yet: it asks the others what it said before, and has { $count } answers.
node-is-mute = This node does not sign until minute { $number } is final: { $reason }.
word-accept = { $organisation } joined and accepted the charter
word-leave = { $organisation } left
word-rest = { $organisation } rests
word-return = { $organisation } is back
word-node = { $organisation } has another node
word-host = The members of { $organisation } use another organisation's node
word-number = Number of its word
minute-reconvened = { $organisation } reconvened the network without those who are gone
carried-over = Carried over
left-behind = Left behind
network-from-then = The network from then on
each-accepts-anew = Nobody. Each organisation that is carried over accepts for itself.
decision-not-here = A decision whose text is not here
ballots-counted = Answers counted
statements-by = Said which answers they held
what-it-changed = What it changed
signed-by = Signed by
minute-before = The minute before

## Going on without those who are gone
reconvene = Go on without organisations that are gone for good
reconvene-about = When a third or more of the organisations that sign minutes are gone for good, nothing can be final any more, not even that they are removed. Then those who are left can reconvene the network: they go on from the last minute without the others.
reconvene-now = { $signing ->
    [one] Now { $reachable } of { $signing } organisation that signs can be reached, and { $needed } is needed.
   *[other] Now { $reachable } of { $signing } organisations that sign can be reached, and { $needed } are needed.
}
reconvene-not-needed = As many as are needed can be reached. A decision to part with an organisation, or to let it rest, is the better way then.
reconvene-stays = The charter stays in force, all documents keep their history and their authors, and what was decided stays decided. What is open now lapses, and has to be asked anew.
reconvene-no-way-back = Those who are left behind see nothing of it. If they come back, they can only be admitted anew, and what they have written since is not shown.
reconvene-choice = Nobody is taken along who does not choose it, and others may reconvene differently. Talk to everyone who can be reached first.
reconvene-steps = How it goes
reconvene-step-file = You say here who is left behind, and get a file.
reconvene-step-send = You send the file to every organisation that is to go along.
reconvene-step-enter = At each of them, and at yours, whoever runs the node stops it, gives it the file with “knotwork network reconvene”, and starts it again. It shows what the file says and asks first.
who-is-left-behind = Who is left behind?
who-is-left-behind-hint = Choose only organisations that are gone for good.
choose-left-behind = Choose at least one organisation that is left behind
is-unreached = cannot be reached now
nobody-to-leave-behind = Your organisation is the only one in the network, so there is nobody to leave behind.
download-reconvening = Download the file

## Admitting organisations
admissions-about = An organisation joins the network when the others decide so.
admission-step-invite = You send an invitation file to the organisation, by a way that you trust.
admission-step-apply = It reads the charter, accepts it, and starts its node, which hands an application to yours.
admission-step-decide = You open a decision to admit it. If your organisation is the only one so far, that settles it; where nobody has ever had its voice, you speak for it from then on, for a year.
applications = Applications
no-applications = No organisation has applied through this node.
application-received = The application has been taken.
organisation-key = Key:
admission-waiting = It has applied. No decision has been opened yet.
admission-deciding = A decision is under way
admission-not-admitted = The last decision did not admit it
admission-admitted = It is in the network
admission-outdated-hosted = The charter has changed since it applied. Whoever looks after this node can have it accept the charter in force, with the command hosted add.
admission-outdated = The charter has changed since it applied. Send it a new invitation, so that it accepts the charter in force.
admission-gone = It was in the network and has gone. To come back it needs a new invitation, and applies with another node.
open-admission = Open a decision to admit it
invite-organisation = Invite an organisation
invite-organisation-about = The file says where your node can be reached, and holds a secret. Give it only to the organisation that it is for: the first that applies with it is the only one that can. It ends after 30 days.
download-invitation = Download an invitation
network-invitation-unused = No organisation has applied with it.
network-invitation-of = { $name } has applied with it. It is for that organisation alone.
network-invitation-taken-back = The invitation is taken back. Nobody can apply with it any more.
hand-in-application = Hand in an application
application-file = Application file
application-file-hint = The file that the organisation sent back. You need it only where its node cannot reach yours.
choose-file = Choose the application file

## How an organisation stands
standing = In this network
in-since-beginning = It was there when the network began.
in-since-minute = It is in the network since minute { $number }.
has-not-accepted = It was named when the network began and has not joined yet.
rests-not = It takes part in decisions.
rests = It rests until it says that it is back.
rests-about-until = It rests until about { $day }.
outside = Your organisation is not in this network any more.
turned-away = The nodes of most other organisations do not serve this node: { $names }.
turned-away-about = Your organisation may have been removed, or left behind, while its node was away. What is written here reaches nobody now. Ask them, by another way than this page.
outside-about = What it has stays here. Nothing that is written here reaches the others.
departed = { $organisation } does not use this node any more
departed-stays = What { $organisation } shared stays with the others. Nothing can be read or written for it here any more.
departed-back = It can come back: an organisation in the network invites it, and the others decide.
departed-key = Whoever looks after the node of { $host } has its key, and can hand it over.
departed-own-node = { $organisation } has a node of its own now.
departed-host = Its members use the node of { $host } now.
departed-ask = Ask a steward of { $organisation } for the address, and for an invitation there. What its members wrote is there.
departed-nowhere = { $organisation } is in the network, and its members use no node now. It needs one of its own, or another's.
was-removed = It was removed by minute { $number }.
was-left-behind = It was left behind when the network was reconvened with minute { $number }.
organisation-left = It left with minute { $number }.
few-cannot-remove = While no more than three organisations sign minutes, all of them have to: none of them can be removed, or made to rest, against its will. Should one be gone for good, the others can go on without it: see the page Minutes.
rest-or-return = Rest or come back
word-said = It is said. It counts when it stands in the minutes.
return-about = When you come back, your organisation is asked and signs again.
return = We are back
alone-cannot-rest = Your organisation is the only one that signs. Somebody has to keep the minutes, so it cannot rest.
rest-about = Resting is for a time in which nobody of your organisation can look after this. Your organisation says it for itself; nobody has to agree.
rest-not-asked = Your organisation is not asked in decisions that open while it rests.
nodes = Nodes
node-key = Node
node-does = What it does
node-reached = From here
node-signs = Signs minutes for your organisation
node-served = Keeps in step, and can take the other’s place
node-asks-in = Asks to be added: whoever looks after this machine can let it in with “knotwork nodes add”
node-ended = Was one of your nodes, and is not served any more
node-this = This one
node-connected = Connected
node-away = Not connected
hosted-by = Its members use the node of { $host }. It decides like all others, and signs no minutes.
hosted-by-nobody = It has neither a node nor a host now. It decides like all others, and signs no minutes; its members cannot take positions until it names one.
admission-hosted = Its members would use the node of { $host }. It would decide like all others, and sign no minutes.
rest-not-signing = It does not sign minutes, and nobody waits for it.
rest-keeps = It stays in the network, and its members use everything else as before.
rests-until = Until about when?
rests-until-hint = A day. Nothing happens by itself on it; you say when you are back.
rest = We rest
leaving-network = Leaving the network
leaving-network-about = An organisation can leave at any time by its own word, and nobody has to agree.
leave-network = Leave the network
leave-about = This is for your whole organisation, not for you alone. Talk about it with your colleagues first.
leave-not-asked = Your organisation is not asked in decisions any more, and signs no minutes.
leave-not-served = The other organisations exchange nothing with your node any more. What you add from then on stays with you.
not-asked-any-more = Your organisation is not asked in decisions any more.
leave-stays-hosted = What you have shared stays with the others.
leave-hosted = Your members cannot sign in at the node of { $host } any more.
leave-stays = What you have shared stays with the others, and what they have shared stays with you.
leave-back = To come back, you need an invitation, and the others decide.
leave-signatures = It counts once it stands in the minutes. { $needed } organisations have to sign that, yours counted; { $reachable } can be reached now.
leave-signatures-hosted = It counts once it stands in the minutes. { $needed } organisations have to sign that; { $reachable } can be reached now.
leave-sure = We want to leave the network
leave-say-sure = Tick the box to say that you want to leave
leave-now = Leave the network now
silent = Nothing has been heard of it for a long time
silent-about = Its node is not connected, and nothing that it wrote in the last { $days } days has reached this node. Ask first whether all is well. If it cannot look after things for a time, the others can let it rest: then nobody waits for it, and it comes back by its own word.
propose-rest = Propose to let it rest
propose-part = Propose to part with it
let-rest-page = Propose to let { $organisation } rest
let-rest-title = Let { $organisation } rest
let-rest-about = This is for an organisation that nobody has heard of for a long time. If { $organisation } can still be reached, ask it first: it can say for itself that it rests.
rest-heard = This node has heard of { $organisation } within the last { $days } days.
rest-silent = Nothing of { $organisation } has reached this node within the last { $days } days.
let-rest-not-asked = Once it is final, it is not asked in decisions that open, it signs no minutes, and nobody waits for it. It stays in the network.
let-rest-back = It comes back by its own word at any time, and nobody has to agree.
part-page = Propose to part with { $organisation }
part-title = Part with { $organisation }
part-about = This is about a whole organisation and all of its members. Talk with { $organisation } first: if it only cannot look after things for a time, it can rest, and it can leave by its own word.
part-heard = It is heard: what it says stands on the page of the decision. It is not asked.
part-needed = { $asked ->
    [one] By the charter, the one organisation that is asked has to agree.
   *[other] By the charter, at least { $needed } of the { $asked } organisations that are asked have to agree.
}
part-stands = { $count ->
    [0] What it has written when the decision opens stays. So far that is nothing. What it writes later is shown nowhere.
    [one] What it has written when the decision opens stays: 1 change so far. What it writes later is shown nowhere.
   *[other] What it has written when the decision opens stays: { $count } changes so far. What it writes later is shown nowhere.
}
part-not-served = Once it is final, the others exchange nothing with its node any more.
part-back = To come back, it needs an invitation, and the others decide.
part-needs-itself = So few organisations sign minutes that all of them have to. This cannot be done against the will of { $organisation }: it becomes final only if { $organisation } signs it too.
falling = What would be left of { $organisation }
falling-unlisted = Whoever opened this decision made a list of what stays of { $organisation }. It has not come to this node yet. Nothing is final before it has.
falling-looking = This node holds so much that it counts in several goes: { $looked } of { $of } changes so far. Open this page again to go on.
falling-too-much = { $organisation } has written more than this page can count.
falling-held = { $count ->
    [0] This node holds nothing that { $organisation } has written.
    [one] This node holds 1 change that { $organisation } has written.
   *[other] This node holds { $count } changes that { $organisation } has written.
}
falling-nothing = { $count ->
    [0] So the list of what stays leaves nothing out that is here.
    [one] The list of what stays leaves nothing out that is here: it stays.
   *[other] The list of what stays leaves nothing out that is here: all of them stay.
}
falling-some = { $fall ->
    [one] The list of what stays has { $stand } of them and leaves out 1. It would be shown nowhere any more.
   *[other] The list of what stays has { $stand } of them and leaves out { $fall }. Those would be shown nowhere any more.
}
falling-why = Whoever opened this decision made that list. It may leave something out because it was written later, or had not come to their node, or on purpose. If you are not sure, ask before you answer.
falling-later = { $count ->
    [0] None of those that it leaves out says that it was written after this decision was opened.
    [one] Of the { $fall } that it leaves out, 1 says that it was written after this decision was opened.
   *[other] Of the { $fall } that it leaves out, { $count } say that they were written after this decision was opened.
}
falling-others = { $count ->
    [0] No changes by others build on them.
    [one] 1 change by others builds on them, and would not be shown either.
   *[other] { $count } changes by others build on them, and would not be shown either.
}
falling-not-looked-up = So much would change that this page does not look up what else follows.
falling-documents = What would look different
falling-resource = Library
falling-decision = Decision
falling-temperature = Temperature check
falling-comment = Remark
falling-profile = Profile
falling-role = Role
falling-other = Something else, such as an answer
falling-unnamed = without a title
falling-vanishes = It would be gone.
falling-changes = It would lose what falls and keep the rest.
your-proposal = Your proposal
proposed-already = This is being decided already:
removal-about = The others can remove an organisation by a decision in which at least { $fraction } of them agree. It is heard first.

## Temperature checks

temperatures = Temperature checks
temperature-about = Ask how people feel about something before it is decided. It binds nobody. Nobody is named, and how answers fall is shown from seven on, once it has closed.
start-temperature = Ask how people feel
no-temperatures = Nobody has asked yet.
temperatures-count = { $count ->
    [one] { $count } temperature check
   *[other] { $count } temperature checks
 }
temperature-question = The question
temperature-question-hint = Such as "Meet in person every spring?" People answer how far they are for it or against it. It cannot be changed afterwards.
temperature-text = What there is to know
temperature-text-hint = What it would mean, and for whom.
temperature-days = For how many days can people answer?
temperature-days-hint = A whole number, from 1 to 30.
temperature-days-wrong = Enter a whole number of days, from 1 to { $limit }
enter-temperature-question = Enter a question
ask-everyone = Ask everyone
temperature-asked = Everyone in the network can say how they feel now.
temperature-is-about = About
temperature-answers = { $count ->
    [one] { $count } answer
   *[other] { $count } answers
 }
temperature-too-few = Closed, with too few answers to show
temperature-too-few-about = Fewer than seven answers have come in. How they fall is not shown, so that nobody can guess who said what.
temperature-late = An organisation whose node was off when this closed may pass on its answers later. Then the numbers change.
temperature-forgotten = Your organisation's node has passed on how many feel how, and keeps no more who answered what.
how-people-feel = How people feel
feeling = Feeling
feeling-strongly-for = Strongly for it
feeling-for = For it
feeling-between = Neither for nor against, or both
feeling-against = Against it
feeling-strongly-against = Strongly against it
your-temperature = How do you feel about it?
how-do-you-feel = Your answer
choose-feeling = Choose how you feel about it
temperature-alone = Count my answer even if fewer than { $count } people of my organisation answer
who-can-find-out = Nobody is named. Who could still find out what you answer?
find-out-own-node = Until this closes, whoever looks after the machine on which your organisation's node runs can read your answer there. Then the node forgets who answered what; old copies of its disk may not.
find-out-other-nodes = Other organisations get only how many of yours feel how, once, when this has closed, and only if { $count } or more of you have answered.
find-out-few = If fewer than { $count } of you answer, your answer goes nowhere and is not counted, unless you tick the box above. If you tick it, whoever looks after a node elsewhere can tell that one or two people of your organisation feel so, and may guess that it is you.
find-out-same = If everyone who answers at your organisation says the same, whoever looks after a node elsewhere can see that too.
find-out-pages = These pages show all organisations together, and only from seven answers on. If all seven say the same, everyone knows what each of them said.
give-your-answer = Give your answer
change-your-answer = Change your answer
temperature-answered = Your answer is kept at your organisation's node. You can change it until this closes.
temperature-then = What comes of it
temperature-binds-nobody = A temperature check binds nobody. Anyone can start a decision from it.
temperature-decisions = Decisions that were started from it:
temperature-follows-about = This decision is started from a temperature check, and will name it.
earlier-temperature = a temperature check
ask-how-people-feel = Ask how people feel about this

## Standing in
stand-in = When you are away
stand-in-about = While you are away, a colleague can answer in decisions in your place: for you yourself, and for your organisation if you speak for it. Everyone sees that they stood in for you. If you answer yourself, your own answer counts.
stand-in-nobody = Nobody at your organisation stands in for anybody now.
stands-in-for = { $stand-in } stands in for { $name }
stands-in-until = Until { $day }.
stand-in-not-accepted = Not accepted yet.
ask-to-stand-in = Ask a colleague to stand in for you
who-shall-stand-in = Who shall stand in for you?
stand-in-last-day = What is the last day?
stand-in-last-day-hint = At most a year from now. Either of you can end it before.
stand-in-no-colleague = Nobody else at your organisation has shown a name here.
stand-in-end-first = You have asked somebody. To ask somebody else, end that first.
stand-in-asked = Your colleague is asked to accept.
stand-in-accepted = You stand in for your colleague now. Their decisions are among those that wait for your answer.
stand-in-ended = That has ended. Answers that were given stay until another is given.
stand-in-asked-you = A colleague asks you to answer in decisions in their place.
stand-in-needs-you = Stand in for { $name }?
end-stand-in = End this
you-stand-in-for = You stand in for { $name }.
stood-in-for = Stood in for { $name }, until { $day }
