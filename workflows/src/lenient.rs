//! Input of updates that people type by hand: no input, `null` and unknown fields are fine; what
//! cannot be understood is refused before anything happens.

use serde_json::Value;
use teal_proto::v1::Ask;
use temporalio_common::data_converters::{
    PayloadConversionError, SerializationContext, TemporalDeserializable, TemporalSerializable,
};
use temporalio_common::protos::temporal::api::common::v1::Payload;

/// Who asks, where nobody says so.
const UNKNOWN: &str = "unknown (temporal update)";

/// An [`Ask`] as it arrives. Not a serde type, so that its own reading is used instead of the SDK's.
#[derive(Debug, Clone, Default)]
pub struct Asked(pub Ask);

impl TemporalDeserializable for Asked {
    fn from_payload(
        ctx: &SerializationContext<'_>,
        payload: Payload,
    ) -> Result<Self, PayloadConversionError> {
        Self::from_payloads(ctx, vec![payload])
    }

    fn from_payloads(
        _ctx: &SerializationContext<'_>,
        payloads: Vec<Payload>,
    ) -> Result<Self, PayloadConversionError> {
        let Some(payload) = payloads.into_iter().next() else {
            return Ok(Self(named(Ask::default())));
        };
        read(&payload.data)
            .map(named)
            .map(Self)
            .map_err(|why| PayloadConversionError::EncodingError(why.into()))
    }
}

/// Who asks stands in the audit: `teal` says it, a person who types an update may not.
fn named(mut ask: Ask) -> Ask {
    if ask.by.trim().is_empty() {
        UNKNOWN.clone_into(&mut ask.by);
    }
    ask
}

fn read(data: &[u8]) -> Result<Ask, String> {
    if data.trim_ascii().is_empty() || data.trim_ascii() == b"null" {
        return Ok(Ask::default());
    }
    serde_json::from_slice(data)
        .and_then(|value| serde_json::from_value(with_datasets(value)))
        .map_err(|error| {
            format!(
                r#"cannot read the input: {error}; write for example '{{"reason": "maintenance"}}'"#
            )
        })
}

/// One dataset may be written as such, and under the name that the command line has for it: an
/// unknown field is ignored, and so a single letter would make all datasets of one.
fn with_datasets(mut value: Value) -> Value {
    let Some(fields) = value.as_object_mut() else { return value };
    let mut names = Vec::new();
    for field in ["datasets", "dataset"] {
        match fields.remove(field) {
            None | Some(Value::Null) => {}
            Some(Value::Array(several)) => names.extend(several),
            Some(one) => names.push(one),
        }
    }
    if !names.is_empty() {
        fields.insert("datasets".to_owned(), Value::Array(names));
    }
    value
}

impl TemporalSerializable for Asked {
    fn to_payload(
        &self,
        ctx: &SerializationContext<'_>,
    ) -> Result<Payload, PayloadConversionError> {
        use temporalio_common::data_converters::GenericPayloadConverter as _;
        ctx.converter.to_payload(ctx, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_never_empty() {
        assert_eq!(named(read(b"{}").unwrap()).by, UNKNOWN);
        assert_eq!(named(read(br#"{"by":"ann"}"#).unwrap()).by, "ann");
    }

    #[test]
    fn hand_typed_input_is_read_or_refused_with_an_example() {
        assert_eq!(read(b""), Ok(Ask::default()));
        assert_eq!(read(b" null "), Ok(Ask::default()));
        assert_eq!(read(br#"{"reason":"x","junk":[1]}"#).unwrap().reason, "x");
        for one in [&br#"{"dataset":"a"}"#[..], br#"{"datasets":"a"}"#, br#"{"datasets":["a"]}"#] {
            assert_eq!(read(one).unwrap().datasets, ["a"]);
        }
        assert!(read(br#"{"discardHistory":true,"datasets":null}"#).unwrap().discard_history);
        for bad in [&b"5"[..], b"{", br#"{"reason":5}"#, b"\"text\"", br#"{"dataset":5}"#] {
            assert!(read(bad).unwrap_err().contains("maintenance"), "{bad:?}");
        }
    }
}
