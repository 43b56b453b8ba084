//! The query of a request: names and values, percent-encoded UTF-8, each name once.

use crate::reject::Reject;

/// The most bytes of a query (`admin-api.md` D-20).
const LONGEST: usize = 16 * 1024;
/// The most parameters of one query.
const MOST: usize = 64;

/// What a query says.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query; nothing where there is none.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, Reject> {
        let Some(text) = text else { return Ok(Self::default()) };
        if text.len() > LONGEST {
            return Err(Reject::malformed(format!("the query has more than {LONGEST} bytes")));
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if pairs.len() == MOST {
                return Err(Reject::malformed(format!("the query has more than {MOST} parameters")));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Reject::malformed("a parameter stands twice in the query"));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Takes percent escapes and plus signs out; what is no escape, and what is no UTF-8, is refused.
pub(crate) fn decoded(text: &str) -> Result<String, Reject> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                    return Err(Reject::malformed("a percent escape in the query is malformed"));
                };
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Reject::malformed("the query is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_come_through() {
        let query =
            Query::read(Some("name=%25Admin_Operate&path=%2Fcsp%2Fuser&a=b+c%20d%2B&u=%C3%A9&empty=&bare"));
        let query = query.unwrap();
        for (name, value) in [
            ("name", "%Admin_Operate"),
            ("path", "/csp/user"),
            ("a", "b c d+"),
            ("u", "é"),
            ("empty", ""),
            ("bare", ""),
        ] {
            assert_eq!(query.get(name), Some(value), "{name}");
        }
        assert_eq!(query.get("other"), None);
        assert!(Query::read(None).unwrap().get("name").is_none());
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let long = format!("a={}", "x".repeat(LONGEST));
        let many = (0..=MOST).map(|number| format!("{number}=1&")).collect::<String>();
        for text in ["a=%", "a=%2", "a=%zz", "a=%+1", "%=1", "a=%ff", "a=1&a=2", "%61=1&a=2", &long, &many] {
            assert!(Query::read(Some(text)).is_err(), "{text}");
        }
    }
}
