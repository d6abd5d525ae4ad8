//! JSON in: a body read within its limits, and every fault named with its place.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use crate::{
    limits,
    problem::Problem,
    state::{Api, Places, wait_for_place},
};

/// The JSON body of a request, and the place that it holds if it is long: to be kept until the request is carried out.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T, pub(crate) Option<OwnedSemaphorePermit>);

impl<T: DeserializeOwned + Send + 'static> FromRequest<Api> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        check_media_type(request.headers(), &["application/json", "application/merge-patch+json"])?;
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let announced = announced.and_then(|length| length.parse().ok()).unwrap_or(0);
        let (bytes, place) = read_all(request.into_body(), announced, &api.places).await?;
        let value = match place {
            None => parse(&bytes)?,
            // Away from the threads that answer others.
            Some(_) => api.read(move |_| Ok(parse(&bytes))).await??,
        };
        Ok(Self(value, place))
    }
}

/// Checks that a body is of one of these media types, in UTF-8, and not compressed.
///
/// # Errors
/// When it is not, or does not say what it is.
pub(crate) fn check_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let refusal = |detail: String| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    let wanted = accepted.first().copied().unwrap_or_default();
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Err(refusal(format!("the body does not say what it is: send the header `Content-Type: {wanted}`"))
            .field("Content-Type"));
    };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let (media_type, parameters) = text.split_once(';').unwrap_or((&text, ""));
    if !accepted.contains(&media_type.trim()) {
        return Err(refusal(format!("a body of this type is not read here: send {wanted}")).field("Content-Type"));
    }
    for parameter in parameters.split(';') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        if name.trim() == "charset" && !matches!(value, "utf-8" | "utf8" | "us-ascii") {
            return Err(refusal("the body must be UTF-8".to_owned()).field("Content-Type"));
        }
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(coding) if coding != "identity" => {
            Err(refusal("a compressed body is not read here: send it as it is".to_owned()).field("Content-Encoding"))
        }
        _ => Ok(()),
    }
}

/// The caller was too slow.
pub(crate) fn too_slow() -> Problem {
    let seconds = limits::BODY_TIME_MAX.as_secs();
    let detail = format!("the body did not arrive within {seconds} seconds: send it again, without a pause");
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
}

/// The body broke off.
pub(crate) fn broken_off() -> Problem {
    Problem::malformed("the body broke off: send it again, whole")
}

/// Reads a body to its end. A long one waits for a place, so that all of them together take up no more than a few.
async fn read_all(
    body: Body,
    announced: usize,
    places: &Places,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Problem> {
    let mut parts = body.into_data_stream();
    let (mut bytes, mut place) = (BytesMut::new(), None);
    let mut length = announced;
    let mut deadline = Instant::now() + limits::BODY_TIME_MAX;
    loop {
        if length > limits::BODY_BYTES_MAX {
            return Err(too_large());
        }
        if length > limits::SHORT_BODY_BYTES_MAX && place.is_none() {
            let waited = wait_for_place(&places.long_bodies, "long texts", limits::LONG_BODY_WAIT_MAX).await?;
            place = Some(waited);
            deadline = Instant::now() + limits::BODY_TIME_MAX;
        }
        let Some(part) = timeout_at(deadline, parts.next()).await.map_err(|_| too_slow())? else { break };
        let part = part.map_err(|_| broken_off())?;
        length = bytes.len() + part.len();
        bytes.extend_from_slice(&part);
    }
    Ok((bytes.freeze(), place))
}

fn too_large() -> Problem {
    let limit = limits::BODY_BYTES_MAX;
    let detail = format!("the body is longer than {limit} bytes, which no resource is: send less");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).limit(limit)
}

/// Reads an object. An object within one has to refuse arrays by itself, as the lists of an edit do.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::malformed(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    // What serde derives for a struct also takes an array, field by field in their order.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(b'[') => return Err(Problem::malformed("the body is an array: send a JSON object, {\"field\": value}")),
        Some(_) => return Err(Problem::malformed("the body is not a JSON object: send {\"field\": value}")),
        None => return Err(Problem::malformed("the body is empty: send a JSON object")),
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refusal(&error))?;
    reader.end().map_err(|error| Problem::malformed(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// Says which field is wrong, and how.
fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    let message = inner.to_string();
    if !inner.is_data() {
        return Problem::malformed(format!("the body is not JSON: {message}"));
    }
    // The message ends with a place in the text, which says less than the path.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(before, _)| before);
    let message = &PLAIN_WORDS.iter().fold(message.to_owned(), |text, (word, plain)| text.replace(word, plain));
    let path = error.path().to_string();
    let path = if path == "." { named_in(message).unwrap_or_default().to_owned() } else { path };
    let hint = if message.starts_with("invalid type: null") {
        ": null is not a value here; leave the field out to keep what is there, or send \"\" or [] to empty it"
    } else {
        ""
    };
    match path.as_str() {
        "" => Problem::malformed(format!("the body is not what is expected: {message}{hint}")),
        _ => Problem::malformed(format!("{path}: {message}{hint}")).field(path),
    }
}

/// The field that a message about a missing, unknown or repeated one names.
fn named_in(message: &str) -> Option<&str> {
    let rest = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|beginning| message.strip_prefix(beginning))?;
    rest.split_once('`').map(|(name, _)| name)
}

/// What serde calls things, and what people do.
const PLAIN_WORDS: [(&str, &str); 3] = [
    ("invalid type: sequence,", "invalid type: list,"),
    ("invalid type: map,", "invalid type: object,"),
    (", expected a sequence", ", expected a list"),
];

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::bodies::{NewResource, ResourcePatch};

    fn json<T: DeserializeOwned>(text: &[u8]) -> serde_json::Value {
        match parse::<T>(text) {
            Ok(_) => serde_json::Value::Null,
            Err(problem) => serde_json::to_value(&problem).expect("a problem has a JSON form"),
        }
    }

    #[test]
    fn every_fault_names_its_field() {
        let faults = [
            (r#"{"summary":"s"}"#, "title", "missing field"),
            (r#"{"title":"t","colour":"red"}"#, "colour", "unknown field"),
            (r#"{"title":"t","title":"u"}"#, "title", "duplicate field"),
            (r#"{"title":7}"#, "title", "invalid type: integer `7`, expected a string"),
            (r#"{"title":null}"#, "title", "null is not a value here"),
            (r#"{"title":"t","tags":["a",1]}"#, "tags[1]", "invalid type"),
            (r#"{"title":"t","tags":"a"}"#, "tags", "expected a list"),
            (r#"{"title":["t"]}"#, "title", "invalid type: list, expected a string"),
            (r#"{"title":{"title":"t"}}"#, "title", "invalid type: object, expected a string"),
            (r#"{"title":"t","tags":[["a"]]}"#, "tags[0]", "expected a string"),
            (r#"{"title":"t","kind":["link"]}"#, "kind", "expected a string"),
            (r#"{"title":"t","kind":"book"}"#, "kind", "toolkit"),
        ];
        for (text, field, words) in faults {
            let problem = json::<NewResource>(text.as_bytes());
            assert_eq!(problem["field"], field, "{text}: {problem}");
            assert!(problem["detail"].as_str().expect("a detail").contains(words), "{text}: {problem}");
            assert_eq!(problem["status"], 400);
        }
        let in_lists = [
            (r#"{"tags":7}"#, "tags", "expected a list, or an object with `add` and `remove`"),
            (r#"{"tags":null}"#, "tags", "null is not a value here"),
            (r#"{"tags":["a",["b"]]}"#, "tags[1]", "invalid type: list, expected a string"),
            (r#"{"tags":{"add":"a"}}"#, "tags.add", "expected a list"),
            (r#"{"tags":{"add":[["a"]]}}"#, "tags.add[0]", "invalid type: list, expected a string"),
            (r#"{"tags":{"add":null}}"#, "tags.add", "null is not a value here"),
            (r#"{"tags":{"put":[]}}"#, "tags.put", "unknown field"),
            (r#"{"tags":{"add":[],"add":[]}}"#, "tags", "duplicate field"),
        ];
        for (text, field, words) in in_lists {
            let problem = json::<ResourcePatch>(text.as_bytes());
            assert_eq!(problem["field"], field, "{text}: {problem}");
            assert!(problem["detail"].as_str().expect("a detail").contains(words), "{text}: {problem}");
        }
        let problem = json::<ResourcePatch>(br#"{"body":null}"#);
        assert_eq!(problem["field"], "body");
        assert!(problem["detail"].as_str().expect("a detail").contains("send \"\""), "{problem}");
    }

    #[test]
    fn whatever_a_resource_may_hold_fits_in_whatever_form() {
        use knotwork_documents::{ResourceDraft, resource::limits as fields};
        let escaped = |bytes: usize| format!("\"{}\"", "\\u0061".repeat(bytes));
        let list = |count: usize, bytes: usize| vec![format!("\n        {}", escaped(bytes)); count].join(",");
        let text = |name: &str, bytes: usize| format!("\n    \"{name}\": {},", escaped(bytes));
        let texts = [
            text("title", fields::TITLE_BYTES_MAX),
            text("summary", fields::SUMMARY_BYTES_MAX),
            text("body", fields::BODY_BYTES_MAX),
            text("licence", fields::LICENCE_BYTES_MAX),
            text("language", fields::LANGUAGE_BYTES_MAX),
        ];
        let (links, tags) =
            (list(fields::LINKS_MAX, fields::LINK_BYTES_MAX), list(fields::TAGS_MAX, fields::TAG_BYTES_MAX));
        let whole = format!("{{{}\n    \"links\": [{links}],\n    \"tags\": [{tags}]\n}}", texts.concat());
        assert!(whole.len() <= limits::BODY_BYTES_MAX, "{} bytes", whole.len());
        let draft = ResourceDraft::from(parse::<NewResource>(whole.as_bytes()).expect("an object"));
        draft.check().expect("within every limit");
        assert_eq!((draft.body.len(), draft.links.len()), (fields::BODY_BYTES_MAX, fields::LINKS_MAX));
    }

    #[test]
    fn only_an_object_is_a_body() {
        for text in
            [r#"["t"]"#, r#" [["t"]]"#, r#"[{"title":"t"}]"#, "[]", "[null]", r#""t""#, "7", "null", "true", "title=t"]
        {
            for problem in [json::<NewResource>(text.as_bytes()), json::<ResourcePatch>(text.as_bytes())] {
                assert!(
                    problem["detail"].as_str().is_some_and(|detail| detail.contains("object")),
                    "{text}: {problem}"
                );
                assert!(!problem.to_string().contains("struct"), "{text}: {problem}");
            }
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let bad: [&[u8]; 14] = [
            b"",
            b"  \n",
            b"{",
            b"[]",
            b"\"a\"",
            b"{}x",
            b"{\"title\":\"a\"} {}",
            b"{\"title\":\"\xff\"}",
            b"{'title':'a'}",
            b"{\"title\":\"\\ud800\"}",
            b"{\"title\":\"a\nb\"}",
            b"null",
            b"\xef\xbb\xbf{\"title\":\"a\"}",
            &deep,
        ];
        for text in bad {
            assert_eq!(json::<NewResource>(text)["status"], 400, "{:?}", text.get(..20));
        }
        assert!(parse::<NewResource>("{\"title\":\"a\\u0000 é \u{301} 🪢\"}".as_bytes()).is_ok());
    }

    #[test]
    fn a_body_says_what_it_is() {
        let ask = |name, value: &'static str| {
            let mut headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
            headers.insert(name, HeaderValue::from_static(value));
            check_media_type(&headers, &["application/json"]).is_ok()
        };
        for good in ["application/json", "Application/JSON; charset=\"UTF-8\"", "application/json ;version=1"] {
            assert!(ask(header::CONTENT_TYPE, good), "{good}");
        }
        for bad in ["", "text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded"] {
            assert!(!ask(header::CONTENT_TYPE, bad), "{bad}");
        }
        assert!(!ask(header::CONTENT_ENCODING, "gzip") && ask(header::CONTENT_ENCODING, "identity"));
        assert!(check_media_type(&HeaderMap::new(), &["application/json"]).is_err());
    }
}
