//! What the minutes themselves need of a charter.

use knotwork_identity::{Decode, DecodeError, Encode, Reader, Writer};

use crate::{Effect, Ratio};

/// The least share of all who are asked that has to agree to decisions with certain effects, whatever their method, and
/// when the charter is due for review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindingRules {
    /// To admit an organisation.
    pub admit: Ratio,
    /// To remove one or to have it rest, of all others; to have another node sign for it, of all.
    pub remove: Ratio,
    /// To change the charter.
    pub amend: Ratio,
    /// After how many months everyone is asked whether the charter still holds; 1 to 120.
    pub review_months: u16,
}

impl BindingRules {
    /// With which a network begins: two thirds for what changes who it is and what it is for, and a review each year.
    pub const FIRST: Self = Self { admit: TWO_THIRDS, remove: TWO_THIRDS, amend: TWO_THIRDS, review_months: 12 };
    /// The longest time between two reviews, in months.
    pub const REVIEW_MONTHS_MAX: u16 = 120;

    /// Whether a charter can have them: one under which nothing can be refused, half of the others can part with an
    /// organisation, or which nobody looks at again, is none.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let shares = [self.admit, self.remove, self.amend];
        shares.iter().all(|share| share.check().is_ok() && *share >= HALF)
            && self.remove > HALF
            && (1..=Self::REVIEW_MONTHS_MAX).contains(&self.review_months)
    }

    /// The share of those asked that has to agree to a decision with this effect at least.
    #[must_use]
    pub fn least_for(&self, effect: &Effect) -> Ratio {
        match effect {
            Effect::Admit { .. } => self.admit,
            Effect::Remove { .. } | Effect::Rest { .. } | Effect::Node { .. } => self.remove,
            Effect::Charter { .. } => self.amend,
            Effect::Stage(_) => HALF,
        }
    }
}

const HALF: Ratio = Ratio::new(1, 2);
const TWO_THIRDS: Ratio = Ratio::new(2, 3);

impl Encode for BindingRules {
    fn encode(&self, writer: &mut Writer) {
        self.admit.encode(writer);
        self.remove.encode(writer);
        self.amend.encode(writer);
        writer.u16(self.review_months);
    }
}

impl Decode for BindingRules {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = Self {
            admit: Ratio::decode(reader)?,
            remove: Ratio::decode(reader)?,
            amend: Ratio::decode(reader)?,
            review_months: reader.u16()?,
        };
        rules.is_sound().then_some(rules).ok_or(DecodeError::NotCanonical("binding rules"))
    }
}
