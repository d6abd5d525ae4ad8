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
footer-network = It is part of the network
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
connected-alone = No other organisation is in this network yet.
connected-all = All organisations hold the same as this node.
connected-some = { $some } of { $all } other organisations hold the same as this node.
safe-to-switch-off = Is it safe to switch this node off?
safe-yes = Yes. At least one other organisation has everything that is here for the network. Drafts and what is only for your organisation are on this node alone.
safe-no = Not yet. Nobody else is known to have everything that is here. Wait until another organisation is in step.
the-others = The other organisations
no-others = There are none yet.
others-caption = What the others hold
state = How it is
last-in-step = Last in step
peer-in-step = Connected, and holds the same.
peer-behind = Connected, and catching up.
peer-away-in-step = Not connected. It held the same when last seen.
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
