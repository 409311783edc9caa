//! The macro that declares a document's mapping once: its struct, its fields, how it is read, what
//! may be written.

/// Declares a struct whose fields are the fields of a mapping. A field's type says whether it may
/// be absent ([`Option`], [`Vec`], [`Entries`](super::Entries)); `as "name"` gives the name in the
/// file where it cannot be an identifier; `= value` says what counts when it is absent (for readers:
/// the code that uses the field applies it); `later` refuses planned fields by name.
///
/// Doc comments are what people read in editors and in the reference of the model; that of a kind
/// ends with an example in YAML.
///
/// Generated: the struct (with `at`, the place of the mapping), `Default`, `Decode`, `mapping` (its
/// shape, for the JSON Schema), and `announce` and `from_fields` for a mapping that is part of another.
macro_rules! mapping {
    (
        $(#[doc = $doc:literal])*
        pub struct $Name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $field:ident $(as $written:literal)? : $Type:ty $(= $default:literal)?,
            )*
        }
        $( later { $( $planned:literal: $why:literal, )* } )?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $Name {
            /// Its place.
            pub at: $crate::yaml::Span,
            $( $(#[doc = $field_doc])* pub $field: $Type, )*
        }

        impl $Name {
            /// Names of its fields in the file.
            pub(crate) const NAMES: &'static [&'static str] =
                &[$( $crate::yaml::mapping::written!($field $(, $written)?) ),*];

            /// Refuses what is planned, and says which fields there are; before `from_fields`.
            pub(crate) fn announce(
                fields: &mut $crate::yaml::Fields<'_>,
                report: &mut $crate::yaml::Report,
            ) {
                $( $( fields.refuse($planned, $crate::code::MODEL0016, $why, report); )* )?
                let _ = &report; // of a mapping without planned fields
                fields.know(Self::NAMES);
            }

            pub(crate) fn from_fields(
                fields: &mut $crate::yaml::Fields<'_>,
                report: &mut $crate::yaml::Report,
            ) -> Self {
                let _ = &report; // of a mapping without fields
                Self {
                    at: fields.at,
                    $( $field: fields.take(
                        $crate::yaml::mapping::written!($field $(, $written)?),
                        report,
                    ), )*
                }
            }

            /// What may be written there.
            pub(crate) fn mapping() -> $crate::yaml::Mapping {
                $crate::yaml::Mapping {
                    name: stringify!($Name),
                    doc: concat!($( $doc, "\n", )*),
                    fields: vec![$( $crate::yaml::Field {
                        name: $crate::yaml::mapping::written!($field $(, $written)?),
                        doc: concat!($( $field_doc, "\n", )*),
                        required: <$Type as $crate::yaml::Decode>::REQUIRED,
                        default: $crate::yaml::mapping::default!($($default)?),
                        shape: <$Type as $crate::yaml::Decode>::shape(),
                    }, )*],
                    one_of: &[],
                }
            }
        }

        impl $crate::yaml::Decode for $Name {
            fn decode(node: &$crate::yaml::Node, report: &mut $crate::yaml::Report) -> Self {
                let names = Self::NAMES;
                let Some(mut fields) = $crate::yaml::Fields::of_these(node, names, report) else {
                    return Self::default();
                };
                Self::announce(&mut fields, report);
                let value = Self::from_fields(&mut fields, report);
                fields.finish(report);
                value
            }

            fn shape() -> $crate::yaml::Shape {
                $crate::yaml::Shape::Mapping(Self::mapping())
            }
        }
    };
}

/// Name of a field in the file.
macro_rules! written {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident, $written:literal) => {
        $written
    };
}

/// What counts when a field is absent.
macro_rules! default {
    () => {
        None
    };
    ($value:literal) => {
        Some(serde_json::Value::from($value))
    };
}

pub(crate) use {default, mapping, written};
