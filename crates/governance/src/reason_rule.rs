//! When whoever takes a position has to say why.

/// When a reason has to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ReasonRule {
    /// Never.
    Optional = 0,
    /// With a position that argues against what is proposed.
    Against = 1,
    /// Always.
    Always = 2,
}

impl ReasonRule {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Against => "against",
            Self::Always => "always",
        }
    }
}
