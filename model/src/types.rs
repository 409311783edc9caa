//! Column types: a closed neutral set, plus `native: …` for what only one kind of source knows.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Type of a column, as the model writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ColumnType {
    /// `boolean`
    Boolean,
    /// `smallint`, 16 bits
    Smallint,
    /// `integer`, 32 bits
    Integer,
    /// `bigint`, 64 bits
    Bigint,
    /// `real`, 32-bit float
    Real,
    /// `double`, 64-bit float
    Double,
    /// `decimal` or `decimal(p,s)`
    Decimal(Option<(u16, i16)>),
    /// `text`
    Text,
    /// `varchar` or `varchar(n)`
    Varchar(Option<u32>),
    /// `char(n)`, blank-padded
    Char(u32),
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `time`, without zone
    Time,
    /// `timestamp`, without zone
    Timestamp,
    /// `timestamptz`
    Timestamptz,
    /// `interval`
    Interval,
    /// `uuid`
    Uuid,
    /// `json`, text kept as it is
    Json,
    /// `jsonb`, parsed
    Jsonb,
    /// `<type>[]`, any number of dimensions
    Array(Box<Self>),
    /// `native: <type>`, written in the words of the source
    Native(String),
}

/// A text that is no column type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadColumnType(pub String);

impl fmt::Display for BadColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a column type", self.0)
    }
}

impl std::error::Error for BadColumnType {}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Smallint => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::Bigint => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double"),
            Self::Decimal(None) => f.write_str("decimal"),
            Self::Decimal(Some((precision, scale))) => write!(f, "decimal({precision},{scale})"),
            Self::Text => f.write_str("text"),
            Self::Varchar(None) => f.write_str("varchar"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Timestamptz => f.write_str("timestamptz"),
            Self::Interval => f.write_str("interval"),
            Self::Uuid => f.write_str("uuid"),
            Self::Json => f.write_str("json"),
            Self::Jsonb => f.write_str("jsonb"),
            Self::Array(element) => write!(f, "{element}[]"),
            Self::Native(text) => write!(f, "native:{text}"),
        }
    }
}

impl FromStr for ColumnType {
    type Err = BadColumnType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadColumnType(text.to_owned());
        if let Some(native) = text.strip_prefix("native:") {
            let native = native.trim();
            return if native.is_empty() {
                Err(bad())
            } else {
                Ok(Self::Native(native.to_owned()))
            };
        }
        if let Some(element) = text.strip_suffix("[]") {
            return match element.parse()? {
                Self::Array(_) => Err(bad()), // Postgres has one array type for all dimensions
                element => Ok(Self::Array(Box::new(element))),
            };
        }
        let (word, arguments) = match text.split_once('(') {
            Some((word, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(bad)?;
                (word.trim(), inner.split(',').map(|a| a.trim().to_owned()).collect::<Vec<_>>())
            }
            None => (text.trim(), Vec::new()),
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match (word, arguments.as_slice()) {
            ("boolean", []) => Ok(Self::Boolean),
            ("smallint", []) => Ok(Self::Smallint),
            ("integer", []) => Ok(Self::Integer),
            ("bigint", []) => Ok(Self::Bigint),
            ("real", []) => Ok(Self::Real),
            ("double", []) => Ok(Self::Double),
            ("decimal", []) => Ok(Self::Decimal(None)),
            ("decimal", [precision]) => {
                Ok(Self::Decimal(Some((precision.parse().map_err(|_| bad())?, 0))))
            }
            ("decimal", [precision, scale]) => Ok(Self::Decimal(Some((
                precision.parse().map_err(|_| bad())?,
                scale.parse().map_err(|_| bad())?,
            )))),
            ("text", []) => Ok(Self::Text),
            ("varchar", []) => Ok(Self::Varchar(None)),
            ("varchar", [length]) => Ok(Self::Varchar(Some(length.parse().map_err(|_| bad())?))),
            ("char", []) => Ok(Self::Char(1)),
            ("char", [length]) => Ok(Self::Char(length.parse().map_err(|_| bad())?)),
            ("binary", []) => Ok(Self::Binary),
            ("date", []) => Ok(Self::Date),
            ("time", []) => Ok(Self::Time),
            ("timestamp", []) => Ok(Self::Timestamp),
            ("timestamptz", []) => Ok(Self::Timestamptz),
            ("interval", []) => Ok(Self::Interval),
            ("uuid", []) => Ok(Self::Uuid),
            ("json", []) => Ok(Self::Json),
            ("jsonb", []) => Ok(Self::Jsonb),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for ColumnType {
    type Error = BadColumnType;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ColumnType> for String {
    fn from(column_type: ColumnType) -> Self {
        column_type.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_text() {
        for text in [
            "boolean",
            "decimal(15,2)",
            "decimal",
            "varchar(80)",
            "text[]",
            "native:inet",
            "char(3)",
        ] {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
        for bad in ["int", "decimal(a)", "varchar(3", "text[][]", "native:", ""] {
            assert!(bad.parse::<ColumnType>().is_err(), "{bad}");
        }
    }
}
