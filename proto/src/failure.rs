//! [`teal_model::Error`] as it travels in histories and stands in the catalog.

use teal_model::{Error, Kind};

use crate::v1::Failure;

impl Failure {
    /// The failure that a batch of a stream met. `batch`: 0 where none was open yet.
    pub fn from_error(error: &Error, batch: u32) -> Self {
        Self {
            code: error.code().id.to_owned(),
            kind: error.kind().as_str().to_owned(),
            message: error.one_line(),
            help: error.help().to_owned(),
            batch,
        }
    }

    /// Who can do something about it.
    pub fn error_kind(&self) -> Kind {
        Kind::from_word(&self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{Ask, StreamInput};

    #[test]
    fn hand_typed_json_with_unknown_and_missing_fields_is_read() {
        let ask: Ask = serde_json::from_str(r#"{"reason":"x","junk":{"a":1}}"#).unwrap();
        assert_eq!(ask.reason, "x");
        let input: StreamInput = serde_json::from_str(r#"{"stream":"live/shop"}"#).unwrap();
        assert_eq!(input.carry, None);
    }

    #[test]
    fn field_names_are_those_of_the_proto() {
        let failure = Failure { code: "X1".into(), ..Failure::default() };
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json["code"], "X1");
        let json = serde_json::to_value(Ask::default()).unwrap();
        assert!(json.get("config_hash").is_some(), "{json}");
    }
}
