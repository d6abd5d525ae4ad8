//! Commands on their way: who asked, and the answers, which come once what was written is on the disk.

use std::collections::HashMap;

use knotwork_commands::{Command, CommandError, Written};
use knotwork_replica::{Event, Receipt, Refusal, Reply, StorageError};
use tokio::sync::oneshot;

/// Those who wait for an answer.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    asked: HashMap<u64, oneshot::Sender<Result<Written, CommandError>>>,
    next_token: u64,
}

impl Waiting {
    /// The command as an event, with a note of who asked.
    pub(crate) fn event(&mut self, command: Command) -> Event {
        let token = self.next_token;
        self.next_token += 1;
        let (event, reply) = match command {
            Command::Create { changes, reply } => (Event::Admit { token, changes }, reply),
            Command::Edit { target, edit, key, basis, time, reply } => {
                (Event::Edit { token, target, edit, key, basis, time }, reply)
            }
            Command::Say { said, key, reply } => (Event::Say { token, said, key }, reply),
            Command::ListStanding { list, reply } => (Event::ListStanding { token, list }, reply),
            Command::EndKey { ending, organisation, reply } => (Event::Revoke { token, ending, organisation }, reply),
        };
        self.asked.insert(token, reply);
        event
    }

    /// Answers, given whether what was written is on the disk.
    pub(crate) fn answer(&mut self, replies: Vec<Reply>, synced: Result<(), StorageError>) {
        let failure = synced.err().map(|error| match error {
            StorageError::Full => CommandError::Failed(FULL.into()),
            error => CommandError::Failed(format!("it is written, and a power cut could take it back: {error}")),
        });
        for Reply { token, result } in replies {
            let Some(reply) = self.asked.remove(&token) else { continue };
            let result = match (result, &failure) {
                (Ok(_), Some(failure)) => Err(failure.clone()),
                (result, _) => result.map(written).map_err(refused),
            };
            // Whoever asked may have gone away.
            _ = reply.send(result);
        }
    }
}

/// A disk that is full for a commit is told as such: nothing was written then. Here it was.
const FULL: &str = "it is written, and a power cut could take it back, because the disk is full: \
                    free some space, and it becomes safe by itself";

fn written(receipt: Receipt) -> Written {
    Written { document: receipt.document, new: receipt.new, changes: receipt.changes.len() }
}

fn refused(refusal: Refusal) -> CommandError {
    match refusal {
        Refusal::NotFound(document) => CommandError::NotFound(document),
        Refusal::Stale { heads } => CommandError::Stale { heads },
        Refusal::Field(error) => CommandError::Field(error),
        Refusal::DocumentFull(reason) => CommandError::DocumentFull(reason),
        Refusal::Uncertified(_) => CommandError::Uncertified,
        Refusal::KeyEnded(_) => CommandError::KeyEnded,
        Refusal::DiskFull => CommandError::DiskFull,
        Refusal::Failed(reason) => CommandError::Failed(reason),
    }
}

#[cfg(test)]
mod tests {
    use knotwork_identity::DocumentId;

    use super::*;

    fn ask(waiting: &mut Waiting) -> (u64, oneshot::Receiver<Result<Written, CommandError>>) {
        let (reply, answer) = oneshot::channel();
        match waiting.event(Command::Create { changes: Vec::new(), reply }) {
            Event::Admit { token, .. } => (token, answer),
            event => panic!("{event:?}"),
        }
    }

    fn receipt() -> Receipt {
        Receipt { document: DocumentId([1; 32]), new: true, changes: Vec::new() }
    }

    #[test]
    fn everyone_gets_their_own_answer() {
        let mut waiting = Waiting::default();
        let (first, mut first_answer) = ask(&mut waiting);
        let (second, mut second_answer) = ask(&mut waiting);
        let replies = vec![
            Reply { token: second, result: Err(Refusal::NotFound(DocumentId([2; 32]))) },
            Reply { token: first, result: Ok(receipt()) },
        ];
        waiting.answer(replies, Ok(()));
        assert_eq!(first_answer.try_recv().expect("answered"), Ok(written(receipt())));
        let refused = Err(CommandError::NotFound(DocumentId([2; 32])));
        assert_eq!(second_answer.try_recv().expect("answered"), refused);
        assert!(waiting.asked.is_empty());
    }

    #[test]
    fn nothing_is_acknowledged_that_is_not_on_the_disk() {
        let mut waiting = Waiting::default();
        for (error, expected) in [
            (StorageError::Full, CommandError::Failed(FULL.into())),
            (
                StorageError::Damaged("x".into()),
                CommandError::Failed(
                    "it is written, and a power cut could take it back: the store is damaged: x".into(),
                ),
            ),
        ] {
            let (token, mut answer) = ask(&mut waiting);
            waiting.answer(vec![Reply { token, result: Ok(receipt()) }], Err(error));
            assert_eq!(answer.try_recv().expect("answered"), Err(expected));
        }
    }
}
