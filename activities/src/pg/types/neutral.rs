//! From a type of PostgreSQL to the model's word for it.

use teal_model::types::ColumnType;

use super::PgType;

impl PgType {
    /// The model's word: neutral where there is one that holds each value exactly, else
    /// `native: …`. Limits that only the source enforces (`timestamp(3)`) are left out.
    pub fn neutral(&self) -> ColumnType {
        let element = self.neutral_element();
        match element {
            element if !self.array => element,
            ColumnType::Native(text) => ColumnType::Native(format!("{text}[]")),
            element => ColumnType::Array(Box::new(element)),
        }
    }

    fn neutral_element(&self) -> ColumnType {
        let length = || self.modifiers.first().and_then(|length| u32::try_from(*length).ok());
        match (self.builtin.name, self.builtin.tail) {
            ("boolean", _) => ColumnType::Boolean,
            ("smallint", _) => ColumnType::Smallint,
            ("integer", _) => ColumnType::Integer,
            ("bigint", _) => ColumnType::Bigint,
            ("real", _) => ColumnType::Real,
            ("double precision", _) => ColumnType::Double,
            ("numeric", _) => ColumnType::Decimal(self.digits()),
            ("text", _) => ColumnType::Text,
            ("character varying", _) => ColumnType::Varchar(length()),
            ("character", _) => ColumnType::Char(length().unwrap_or(1)),
            ("bytea", _) => ColumnType::Binary,
            ("date", _) => ColumnType::Date,
            ("time", " without time zone") => ColumnType::Time,
            ("timestamp", " without time zone") => ColumnType::Timestamp,
            ("timestamp", _) => ColumnType::Timestamptz,
            ("interval", _) => ColumnType::Interval,
            ("uuid", _) => ColumnType::Uuid,
            ("json", _) => ColumnType::Json,
            ("jsonb", _) => ColumnType::Jsonb,
            ("time", _) => ColumnType::Native("timetz".to_owned()),
            _ => ColumnType::Native(Self { array: false, ..self.clone() }.to_string()),
        }
    }

    fn digits(&self) -> Option<(u16, i16)> {
        match self.modifiers.as_slice() {
            [precision, scale] => {
                Some((u16::try_from(*precision).ok()?, i16::try_from(*scale).ok()?))
            }
            _ => None,
        }
    }
}
