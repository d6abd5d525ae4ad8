//! What is made once and shown once, however often its form is sent: invitations, tokens, links for a new passphrase.
//!
//! A second click breaks off the first answer. The second answer then has to show the same text, or nobody ever sees it.

use std::{collections::VecDeque, future::Future, sync::Arc};

use knotwork_identity::PersonId;
use tokio::sync::Mutex;

/// The texts that were shown last, in memory alone. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Once {
    shown: Arc<Mutex<VecDeque<Shown>>>,
}

struct Shown {
    person: PersonId,
    /// The key of the form.
    key: String,
    text: String,
}

impl Once {
    /// What was made for this form of this person, or is made now.
    ///
    /// # Errors
    /// When it cannot be made; then the form can be sent again.
    pub(crate) async fn make<E>(
        &self,
        person: PersonId,
        key: &str,
        make: impl Future<Output = Result<String, E>>,
    ) -> Result<String, E> {
        // Two that come at once wait for each other.
        let mut shown = self.shown.lock().await;
        let before = shown.iter().find(|shown| shown.person == person && shown.key == key && !key.is_empty());
        if let Some(before) = before {
            return Ok(before.text.clone());
        }
        let text = make.await?;
        if shown.len() >= SHOWN_MAX {
            shown.pop_front();
        }
        if key.len() <= KEY_BYTES_MAX {
            shown.push_back(Shown { person, key: key.to_owned(), text: text.clone() });
        }
        Ok(text)
    }
}

/// How many texts are remembered.
const SHOWN_MAX: usize = 200;
/// Longer than any key that a form of ours has.
const KEY_BYTES_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: PersonId = PersonId([1; 16]);
    const BEA: PersonId = PersonId([2; 16]);

    async fn made(once: &Once, person: PersonId, key: &str, text: &str) -> String {
        once.make(person, key, async { Ok::<_, ()>(text.to_owned()) }).await.expect("made")
    }

    #[tokio::test]
    async fn a_form_makes_one_thing_for_each_person() {
        let once = Once::default();
        assert_eq!(made(&once, ADA, "k", "first").await, "first");
        assert_eq!(made(&once, ADA, "k", "second").await, "first");
        assert_eq!(made(&once, BEA, "k", "hers").await, "hers", "nobody gets what is another's");
        assert_eq!(made(&once, ADA, "", "a").await, "a");
        assert_eq!(made(&once, ADA, "", "b").await, "b", "without a key each is new");
        assert!(once.make(ADA, "e", async { Err::<String, _>(()) }).await.is_err());
        assert_eq!(made(&once, ADA, "e", "now").await, "now", "what failed can be sent again");
    }

    #[tokio::test]
    async fn few_are_remembered() {
        let once = Once::default();
        for number in 0..=SHOWN_MAX {
            made(&once, ADA, &number.to_string(), "old").await;
        }
        assert_eq!(once.shown.lock().await.len(), SHOWN_MAX);
        assert_eq!(made(&once, ADA, "0", "new").await, "new");
        made(&once, ADA, &"k".repeat(KEY_BYTES_MAX + 1), "long").await;
        assert!(once.shown.lock().await.iter().all(|shown| shown.text != "long"));
    }
}
