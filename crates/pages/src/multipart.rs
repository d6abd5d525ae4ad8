//! Forms with a file in them, as browsers send them (RFC 7578): the few parts of it that a browser uses.

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The field.
    pub(crate) name: String,
    /// Whether it is a file, whatever it is called.
    pub(crate) is_file: bool,
    /// What was typed, or the file.
    pub(crate) content: &'a [u8],
}

/// What stands between the parts, by the header that says how the form was sent; none where it was sent in another way.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len()).then_some(boundary)
}

/// The parts of a body, at most so many; none where it is broken.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str, most: usize) -> Option<Vec<Part<'a>>> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let between = [b"\r\n", &delimiter[..]].concat();
    let mut rest = body.strip_prefix(&delimiter[..])?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        if found.len() >= most {
            return None;
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = find(rest, &between)?;
        found.push(part(&rest[..end])?);
        rest = &rest[end + between.len()..];
    }
    Some(found)
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let at = find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..at]).ok()?;
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let name = disposition.split(';').find_map(|parameter| parameter.trim().strip_prefix("name="))?;
    let is_file = disposition.split(';').any(|parameter| parameter.trim().starts_with("filename="));
    Some(Part { name: name.trim_matches('"').to_owned(), is_file, content: &bytes[at + 4..] })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// As long as RFC 2046 allows.
const BOUNDARY_BYTES_MAX: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\nabc\r\n--x\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"a; b\"\r\nContent-Type: application/octet-stream\r\n\r\n\
        \x00\r\n-\xff\r\n--x--\r\n";

    #[test]
    fn what_a_browser_sends_is_read() {
        let read = parts(BODY, "x", 9).expect("parts");
        let seen: Vec<(&str, bool, &[u8])> =
            read.iter().map(|part| (part.name.as_str(), part.is_file, part.content)).collect();
        assert_eq!(seen, [("form-token", false, &b"abc"[..]), ("file", true, b"\x00\r\n-\xff")]);
        assert_eq!(boundary("multipart/form-data; boundary=----WebKit1"), Some("----WebKit1"));
        assert_eq!(boundary("Multipart/Form-Data;charset=x; boundary=\"a\""), Some("a"));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for length in 0..BODY.len() - 4 {
            assert_eq!(parts(&BODY[..length], "x", 9), None, "cut at {length}");
        }
        assert_eq!(parts(BODY, "y", 9), None);
        assert_eq!(parts(BODY, "x", 1), None, "more parts than a form has");
        assert_eq!(parts(b"--x\r\n\r\n\r\n--x--", "x", 9), None, "a part without a name");
        for none in ["", "text/plain; boundary=x", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
