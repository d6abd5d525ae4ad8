//! A member with a browser: one connection that is kept open, one session, pages as text.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Somebody who reads pages at a node.
pub(crate) struct Reader {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
    /// The cookies that the node has set, as they are sent.
    cookies: Vec<(String, String)>,
}

/// A page, or what a form was answered with.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reader {
    /// Connects to a node's pages.
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream), cookies: Vec::new() })
    }

    /// Makes an account, with a set-up code or an invitation's link, and is signed in.
    pub(crate) fn make_account(&mut self, path: &str, name: &str) -> Result<()> {
        let answers = [("full-name", name), ("name", name), ("passphrase", PASSPHRASE), ("agree", "yes")];
        let answer = self.send(path, &answers)?;
        ensure!(answer.status == 303, "an account was answered with {}: {}", answer.status, answer.body);
        Ok(())
    }

    /// Gets a page; once more by a new connection where the node has closed the one that was idle.
    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        match self.ask("GET", path, "") {
            Ok(answer) => Ok(answer),
            Err(_) => {
                let cookies = std::mem::take(&mut self.cookies);
                *self = Self { cookies, ..Self::connect(self.address)? };
                self.ask("GET", path, "")
            }
        }
    }

    /// Opens the page of a form, and sends its answers.
    pub(crate) fn send(&mut self, path: &str, answers: &[(&str, &str)]) -> Result<Answer> {
        let form = self.get(path)?;
        let token = between(&form.body, "name=\"form-token\" value=\"", "\"").context("there is no form there")?;
        let mut body = format!("form-token={token}");
        for (name, value) in answers {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body.push_str(&format!("&{name}={value}"));
        }
        self.ask("POST", path, &body)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if method == "POST" {
            let length = body.len();
            request
                .push_str(&format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> Result<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no answer")?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => bail!("a page whose length is not told"),
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap_or_default();
                    let (name, value) = pair.split_once('=').context("a cookie has a value")?;
                    self.cookies.retain(|(known, _)| known != name);
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// The first text between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

const PASSPHRASE: &str = "tea by the river today";
