//! Keys on a keyboard, as the browser wants them described.

use serde_json::{Value, json};

/// A key that a test presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Tab,
    /// Tab with Shift: back by one.
    BackTab,
    Enter,
    Space,
    /// Down by one in a list or a group of radio buttons.
    Down,
    Delete,
}

impl Key {
    /// The parameters of the event in which it goes down; the one in which it comes up differs in its `type`.
    pub(crate) fn down(self) -> Value {
        let (key, code, number, text) = match self {
            Self::Tab | Self::BackTab => ("Tab", "Tab", 9, None),
            Self::Enter => ("Enter", "Enter", 13, Some("\r")),
            Self::Space => (" ", "Space", 32, Some(" ")),
            Self::Down => ("ArrowDown", "ArrowDown", 40, None),
            Self::Delete => ("Delete", "Delete", 46, None),
        };
        let modifiers = if self == Self::BackTab { SHIFT } else { 0 };
        let mut event = json!({
            "type": "rawKeyDown", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        // A key that writes something is another kind of event: without the text, Enter sends no form.
        if let Some(text) = text {
            event["type"] = json!("keyDown");
            event["text"] = json!(text);
        }
        event
    }
}

const SHIFT: u8 = 8;
