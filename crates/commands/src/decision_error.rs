//! Why nothing is decided so: what is wrong with what a member wants decided, answered or said.

use knotwork_governance::CharterError;
use knotwork_identity::DocumentId;
use thiserror::Error;

/// Why a decision is not opened, answered or changed so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecisionError {
    /// The terms are not such that anybody could decide by them.
    #[error("this cannot be decided so: {why}")]
    Terms {
        /// Why not.
        why: String,
        /// The one part of the draft that it is about, or `charter`; `persons` is who is asked. None where it is about several.
        field: Option<&'static str>,
    },
    /// More persons are asked than terms can name.
    #[error("{asked} persons are asked, and {fit} can be beside these texts: ask fewer, or shorten the texts")]
    PersonsTooMany {
        /// How many are asked.
        asked: usize,
        /// How many fit.
        fit: usize,
    },
    /// It is closed.
    #[error("this decision has closed: a position taken now would not be counted")]
    Closed,
    /// It is closed, and its terms with it.
    #[error(
        "this decision has closed: its terms cannot be changed any more; what is still to be decided is asked anew"
    )]
    TermsClosed,
    /// The member has not the voice.
    #[error(
        "you cannot speak here: a steward of your organisation gives you its voice, and you accept it, before you take a \
         position for it"
    )]
    NoVoice,
    /// People are asked, and the member is none of them.
    #[error("people are asked in this decision, each for themself, and you are not among them: who is, is on its page")]
    NotAsked,
    /// It is about the member's own organisation.
    #[error(
        "this is about your own organisation, which is heard and not asked: say what you have to say as a hearing, on the page \
         of the decision, or by `knotwork decision comment --kind hearing`"
    )]
    Heard,
    /// The position is none of the method's.
    #[error("{0}")]
    Position(String),
    /// Whoever does not see positions yet finds nothing about objections.
    #[error("you do not see yet what others object to")]
    ObjectionsHidden,
    /// What was read as an objection does not stand, or not any more.
    #[error("the objection was changed since you read it: read it again, and say then whether it is an argument")]
    ObjectionChanged,
    /// A reason is missing.
    #[error("say why: this position needs a reason")]
    ReasonMissing,
    /// It is somebody else's.
    #[error("this is somebody else's to change")]
    NotYours,
    /// This kind of remark is not the member's to make, or not yet.
    #[error(
        "this cannot be said now as {0}: what follows from a decision is for whoever opened it to say once it has closed, \
         dissent comes after the closing, and a hearing is of the organisation that it is about"
    )]
    NotSayable(&'static str),
    /// Nobody known.
    #[error("nobody of that name has a key at this organisation")]
    NobodyKnown,
    /// Nobody stands in for themself.
    #[error("you cannot stand in for yourself: ask a colleague")]
    StandInYourself,
    /// Whoever is asked is at another organisation, of this name.
    #[error("this person is at {0}: only a colleague at your own organisation can stand in for you")]
    StandInElsewhere(String),
    /// An application cannot be taken.
    #[error("{0}")]
    Application(String),
    /// No more can be invited.
    #[error("{0} invitations to organisations are open, and that is the most: take one back first")]
    InvitationsFull(usize),
    /// There is no such invitation.
    #[error("there is no such invitation: it has ended, or was taken back")]
    NoInvitation,
    /// The network cannot be reconvened like this.
    #[error("the network cannot be reconvened like this: {0}")]
    Reconvening(String),
    /// An organisation cannot say this now.
    #[error("this cannot be said now: {0}")]
    Word(String),
    /// Somebody stands in already.
    #[error("you have asked a colleague to stand in already: end that first")]
    AskedAlready,
    /// The last day is none.
    #[error("the last day is still to come, and within a year")]
    LastDay,
    /// The time until which an organisation rests is past.
    #[error("the time until which it rests is still to come")]
    RestsUntil,
    /// It is being asked already whether the charter still holds.
    #[error("it is asked already whether the charter still holds as it is: see decision {0}")]
    RenewsAlready(DocumentId),
    /// Whoever was away has answered.
    #[error("whoever was away has answered themself, and that counts")]
    AnsweredThemself,
    /// Somebody with a newer mandate has answered for the same organisation.
    #[error(
        "somebody who was given your organisation's voice after you has answered for it: an answer of yours would not count"
    )]
    Outranked,
    /// What this would follow is not there.
    #[error("the decision that this one would follow is not here")]
    NothingToFollow,
    /// There is no such objection.
    #[error("there is no such objection, or it is not open any more")]
    NoObjection,
}

impl From<CharterError> for DecisionError {
    fn from(error: CharterError) -> Self {
        Self::Terms { why: error.to_string(), field: Some("charter") }
    }
}
