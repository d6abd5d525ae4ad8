//! The canonical bytes of terms.

use knotwork_identity::{ChangeId, Decode, DecodeError, DocumentId, Encode, Reader, Timestamp, Writer};

use crate::{Effect, Electorate, OPTIONS_MAX, ReasonRule, Rules, Shown, Terms};

impl Encode for Terms {
    fn encode(&self, writer: &mut Writer) {
        self.decision.encode(writer);
        writer.u32(self.version);
        for text in [&self.title, &self.text, &self.summary, &self.left_out] {
            writer.bytes(text.as_bytes());
        }
        self.rules.encode(writer);
        writer.length(self.options.len());
        self.options.iter().for_each(|option| writer.bytes(option.as_bytes()));
        self.electorate.encode(writer);
        writer.u64(self.as_of);
        writer.u64(self.opens.milliseconds());
        writer.u64(self.closes.milliseconds());
        writer.u8(self.reasons as u8);
        writer.u8(self.shown as u8);
        writer.length(self.effects.len());
        self.effects.iter().for_each(|effect| effect.encode(writer));
        match self.review {
            None => writer.u8(0),
            Some(review) => {
                writer.u8(1);
                writer.u64(review.milliseconds());
            }
        }
        writer.option(self.follows.as_ref());
        writer.length(self.integrates.len());
        self.integrates.iter().for_each(|change| change.encode(writer));
    }
}

impl Decode for Terms {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let terms = Self {
            decision: DocumentId::decode(reader)?,
            version: reader.u32()?,
            title: reader.text("title", Self::TITLE_BYTES_MAX)?.to_owned(),
            text: reader.text("text", Self::TEXT_BYTES_MAX)?.to_owned(),
            summary: reader.text("summary", Self::SUMMARY_BYTES_MAX)?.to_owned(),
            left_out: reader.text("left out", Self::SUMMARY_BYTES_MAX)?.to_owned(),
            rules: Rules::decode(reader)?,
            options: (0..reader.length("options", usize::from(OPTIONS_MAX))?)
                .map(|_| reader.text("option", Self::OPTION_BYTES_MAX).map(str::to_owned))
                .collect::<Result<_, _>>()?,
            electorate: Electorate::decode(reader)?,
            as_of: reader.u64()?,
            opens: time(reader)?,
            closes: time(reader)?,
            reasons: match reader.u8()? {
                0 => ReasonRule::Optional,
                1 => ReasonRule::Against,
                2 => ReasonRule::Always,
                _ => return Err(DecodeError::NotCanonical("reasons")),
            },
            shown: match reader.u8()? {
                0 => Shown::Always,
                1 => Shown::AfterOwn,
                2 => Shown::AfterClosing,
                _ => return Err(DecodeError::NotCanonical("shown")),
            },
            effects: (0..reader.length("effects", Self::EFFECTS_MAX)?)
                .map(|_| Effect::decode(reader))
                .collect::<Result<_, _>>()?,
            review: match reader.u8()? {
                0 => None,
                1 => Some(time(reader)?),
                _ => return Err(DecodeError::NotCanonical("review")),
            },
            follows: reader.option()?,
            integrates: (0..reader.length("integrates", Self::INTEGRATES_MAX)?)
                .map(|_| ChangeId::decode(reader))
                .collect::<Result<_, _>>()?,
        };
        terms.check().map_err(|_| DecodeError::NotCanonical("terms"))?;
        Ok(terms)
    }
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, DecodeError> {
    Timestamp::from_milliseconds(reader.u64()?).ok_or(DecodeError::NotCanonical("time"))
}
