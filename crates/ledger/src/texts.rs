//! How long the texts of a document are. The gate counts what changes put into a text and what they replace in it.

use std::collections::BTreeMap;

use crate::{gate::OperationId, limits::TEXT_BYTES_MAX, past::Past, rejection::Rejection};

/// What each admitted change did to the length of each text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    texts: BTreeMap<OperationId, Text>,
    parts: usize,
}

#[derive(Debug, Clone, Default)]
struct Text {
    added: u64,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    change: u32,
    growth: Growth,
}

/// What one change did to the length of one text, in bytes of UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    /// At most a chunk's length.
    pub(crate) added: u32,
    pub(crate) removed: u64,
}

impl Texts {
    /// Checks that a change which makes a text longer does not make it too long. `past` is what the change builds on, or
    /// `None` for everything there is.
    pub(crate) fn check(&self, text: OperationId, growth: Growth, past: Option<&Past>) -> Result<(), Rejection> {
        if u64::from(growth.added) <= growth.removed {
            return Ok(());
        }
        let Some(before) = self.texts.get(&text) else { return Ok(()) };
        if before.added + u64::from(growth.added) <= TEXT_BYTES_MAX {
            return Ok(());
        }
        match u64::try_from(before.length(past) + growth.net()) {
            Ok(length) if length > TEXT_BYTES_MAX => Err(Rejection::TextBytes(length)),
            _ => Ok(()),
        }
    }

    pub(crate) fn enter(&mut self, change: u32, texts: Vec<(OperationId, Growth)>) {
        self.parts += texts.len();
        for (text, growth) in texts {
            let text = self.texts.entry(text).or_default();
            text.added += u64::from(growth.added);
            text.parts.push(Part { change, growth });
        }
    }

    /// Whether any text is too long in the document that the changes in `past` make, or all of them.
    pub(crate) fn any_is_long(&self, past: Option<&Past>) -> bool {
        let is_long = |text: &Text| text.added > TEXT_BYTES_MAX && text.length(past) > TEXT_BYTES_MAX as i64;
        self.texts.values().any(is_long)
    }

    /// What each change did, by change.
    pub(crate) fn by_change(&self) -> BTreeMap<u32, Vec<(OperationId, Growth)>> {
        let mut changes = BTreeMap::<_, Vec<_>>::new();
        for (text, Text { parts, .. }) in &self.texts {
            for part in parts {
                changes.entry(part.change).or_default().push((*text, part.growth));
            }
        }
        changes
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.texts.len() * size_of::<(OperationId, Text)>() * 3 / 2 + self.parts * size_of::<Part>() * 3 / 2
    }
}

impl Text {
    /// Its length as the changes in `past` make it, or all of them. What two changes take away at the same time counts
    /// twice, so that it can be below zero.
    fn length(&self, past: Option<&Past>) -> i64 {
        let parts = self.parts.iter().filter(|part| past.is_none_or(|past| past.contains(part.change)));
        parts.map(|part| part.growth.net()).sum()
    }
}

impl Growth {
    /// The difference in length. Both sides are far from 2^63: a change adds at most its own length, and removes at most
    /// what its predecessors hold.
    pub(crate) fn net(self) -> i64 {
        i64::from(self.added) - self.removed as i64
    }
}
