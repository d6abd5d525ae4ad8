//! When somebody sees what others say.

/// When others' positions are shown. What nodes hold is not secret from their operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Shown {
    /// At once.
    Always = 0,
    /// To whoever has taken a position.
    AfterOwn = 1,
    /// To everyone, once it has closed.
    AfterClosing = 2,
}

impl Shown {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::AfterOwn => "after-own",
            Self::AfterClosing => "after-closing",
        }
    }
}
