//! Query parameters, read strictly: each known, each given once, all of them UTF-8.

use percent_encoding::percent_decode;

use crate::problem::Problem;

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the part of an address after its question mark.
    ///
    /// # Errors
    /// Names the parameter that is not among `known`, is given twice, or is not UTF-8.
    pub(crate) fn parse(query: Option<&str>, known: &[&'static str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name).ok_or_else(|| Problem::malformed("the name of a query parameter is not UTF-8"))?;
            if !known.contains(&name.as_str()) {
                let detail = match known {
                    [] => format!("there is no query parameter {name:?} here, nor any other: leave it out"),
                    _ => format!("there is no query parameter {name:?} here; there is {}", known.join(", ")),
                };
                return Err(Problem::malformed(detail).field(name));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::malformed(format!("the query parameter {name} is given twice")).field(name));
            }
            let Some(value) = decode(value) else {
                return Err(Problem::malformed(format!("the query parameter {name} is not UTF-8")).field(name));
            };
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter, if it is given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is a whole number between two others.
    ///
    /// # Errors
    /// When it is something else; names the limits.
    pub(crate) fn number(&self, name: &str, least: usize, most: usize) -> Result<Option<usize>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse::<usize>() {
            Ok(number) if digits && (least..=most).contains(&number) => Ok(Some(number)),
            _ => {
                let detail = format!("{name} must be a whole number from {least} to {most}");
                Err(Problem::malformed(detail).field(name).limit(most))
            }
        }
    }

    /// The value of a parameter that is yes or no.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problem::malformed(format!("{name} must be true or false")).field(name)),
        }
    }
}

/// Undoes percent-encoding, with `+` for a space as forms write it.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_strictly() {
        let known = ["limit", "tag"];
        let query = Query::parse(Some("tag=caf%C3%A9+b%2Bc&limit=7&"), &known).expect("both are known");
        assert_eq!(query.get("tag"), Some("café b+c"));
        assert_eq!(query.number("limit", 1, 100).expect("7 is a number"), Some(7));
        assert_eq!(query.get("cursor"), None);
        assert!(Query::parse(None, &[]).is_ok());
        for bad in ["tags=a", "tag=a&tag=b", "tag=%ff", "%ff=a", "tag=%C3", "=a", "Limit=1", "limit=1;tag=a;x"] {
            let refused = match Query::parse(Some(bad), &known) {
                Err(_) => true,
                Ok(query) => query.number("limit", 1, 100).is_err(),
            };
            assert!(refused, "{bad}");
        }
    }

    #[test]
    fn yes_and_no_have_one_word_each() {
        let flag = |value: &str| Query { pairs: vec![("held".into(), value.into())] }.flag("held");
        assert_eq!((flag("true").expect("yes"), flag("false").expect("no")), (Some(true), Some(false)));
        assert_eq!(Query::default().flag("held").expect("nothing"), None);
        for bad in ["", "True", "1", "yes", "true "] {
            assert!(flag(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_have_one_form_and_two_ends() {
        for bad in ["", "0", "101", "-1", "+1", "1.0", "1e1", " 1", "99999999999999999999999", "٣"] {
            let query = Query { pairs: vec![("limit".into(), bad.into())] };
            assert!(query.number("limit", 1, 100).is_err(), "{bad:?}");
        }
    }
}
