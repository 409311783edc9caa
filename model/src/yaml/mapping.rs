//! The macro that declares a document's mapping once: its struct, its fields, how it is read.

/// Declares a struct whose fields are the fields of a mapping. A field's type says whether it may
/// be absent ([`Option`], [`Vec`], [`Entries`](super::Entries)); `as "name"` gives the name in the
/// file where it cannot be an identifier; `later` refuses planned fields by name.
///
/// Generated: the struct (with `at`, the place of the mapping), `Default`, `Decode`, and
/// `from_fields` for a mapping that is part of another. A JSON Schema can be derived from the same
/// declaration.
macro_rules! mapping {
    (
        $(#[$meta:meta])*
        pub struct $Name:ident {
            $( $(#[$field_meta:meta])* $field:ident $(as $written:literal)? : $Type:ty, )*
        }
        $( later { $( $planned:literal: $why:literal, )* } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $Name {
            /// Its place.
            pub at: $crate::yaml::Span,
            $( $(#[$field_meta])* pub $field: $Type, )*
        }

        impl $Name {
            pub(crate) fn from_fields(
                fields: &mut $crate::yaml::Fields<'_>,
                report: &mut $crate::yaml::Report,
            ) -> Self {
                $( $( fields.refuse($planned, $crate::code::MODEL0016, $why, report); )* )?
                let _ = &report; // of a mapping without fields
                Self {
                    at: fields.at,
                    $( $field: fields.take(
                        $crate::yaml::mapping::written!($field $(, $written)?),
                        report,
                    ), )*
                }
            }
        }

        impl $crate::yaml::Decode for $Name {
            fn decode(node: &$crate::yaml::Node, report: &mut $crate::yaml::Report) -> Self {
                let Some(mut fields) = $crate::yaml::Fields::of(node, report) else {
                    return Self::default();
                };
                let value = Self::from_fields(&mut fields, report);
                fields.finish(report);
                value
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

pub(crate) use {mapping, written};
