//! One connection to Chromium by its DevTools protocol: a command goes out as JSON, and its answer comes in.
//!
//! Of the protocol it knows no more than that answers carry the number of their command. What a newer Chromium adds is
//! passed over, so that Debian's updates of it break nothing here.

use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::client_with_config, protocol::WebSocketConfig};

use crate::harness::wait::PATIENCE;

/// A connection to the browser or to one of its pages.
pub(crate) struct Connection {
    socket: WebSocket<TcpStream>,
    commands_sent: u64,
}

impl Connection {
    /// Connects to what the browser at `address` has under `path`, such as `/devtools/page/ID`.
    ///
    /// # Panics
    /// When there is no such thing.
    pub(crate) fn open(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the browser listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a deadline can be set");
        stream.set_nodelay(true).expect("an option can be set");
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let connected = client_with_config(format!("ws://{address}{path}"), stream, Some(limits));
        let (socket, _) = connected.unwrap_or_else(|error| panic!("{path} of the browser: {error}"));
        Self { socket, commands_sent: 0 }
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// What the browser says against it. While a page gives way to the next, that is no fault.
    ///
    /// # Panics
    /// When the browser has gone or does not answer in time.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.commands_sent += 1;
        let number = self.commands_sent;
        let command = json!({ "id": number, "method": method, "params": parameters });
        let sent = self.socket.send(Message::text(command.to_string()));
        sent.unwrap_or_else(|error| panic!("{method}: the browser has gone: {error}"));
        loop {
            let message = self.socket.read();
            let message = message.unwrap_or_else(|error| panic!("{method}: no answer from the browser: {error}"));
            let Message::Text(text) = message else { continue };
            let mut said: Value = serde_json::from_str(&text).expect("the browser speaks JSON");
            // Everything without our number is news of the page, which nobody here waits for.
            if said["id"] != number {
                continue;
            }
            return match said.get("error") {
                Some(error) => Err(format!("{method}: {error}")),
                None => Ok(said["result"].take()),
            };
        }
    }
}

/// A picture of a long page, in base 64.
const MESSAGE_BYTES_MAX: usize = 256 << 20;
