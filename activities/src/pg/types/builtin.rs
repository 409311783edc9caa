//! Built-in types that Teal carries, in the words of `format_type`.

/// One built-in type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Builtin {
    /// Its name, up to where a modifier stands: `character varying`, `timestamp`.
    pub(super) name: &'static str,
    /// What follows the modifier: ` without time zone`.
    pub(super) tail: &'static str,
    /// Short names that people write.
    pub(super) aliases: &'static [&'static str],
    /// Function that gives the value's bytes, for a type whose own hash is missing or blind to a
    /// visible difference (`1.0` and `1.00`, `0` and `-0`, `1 mon` and `30 days`); `None`: the
    /// type's own hash sees everything.
    pub(super) send: Option<&'static str>,
}

impl Builtin {
    const fn plain(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self { name, tail: "", aliases, send: None }
    }

    const fn sent(
        name: &'static str,
        aliases: &'static [&'static str],
        send: &'static str,
    ) -> Self {
        Self { name, tail: "", aliases, send: Some(send) }
    }

    const fn tail(self, tail: &'static str) -> Self {
        Self { tail, ..self }
    }

    /// `text`.
    pub(super) const TEXT: &'static Self = &Self::plain("text", &[]);

    /// Whether PostgreSQL has an order for its values (a default operator class of B-trees).
    pub(super) fn is_ordered(&self) -> bool {
        !UNORDERED.contains(&self.name)
    }

    /// The type with this name or alias.
    pub(super) fn find(name: &str, tail: &str) -> Option<&'static Self> {
        BUILTINS.iter().find(|known| {
            (known.name == name && known.tail == tail)
                || (tail.is_empty() && known.aliases.contains(&name))
        })
    }
}

/// Types that no key can hold.
const UNORDERED: [&str; 11] = [
    "json",
    "jsonpath",
    "xml",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "pg_snapshot",
];

const ZONELESS: &str = " without time zone";
const ZONED: &str = " with time zone";

/// All of them. What is not here (object identifiers such as `regclass`, transaction ids, types of
/// extensions and of users) has a meaning only inside its own database.
static BUILTINS: &[Builtin] = &[
    Builtin::plain("boolean", &["bool"]),
    Builtin::plain("smallint", &["int2"]),
    Builtin::plain("integer", &["int", "int4"]),
    Builtin::plain("bigint", &["int8"]),
    Builtin::plain("text", &[]),
    Builtin::plain("character varying", &["varchar"]),
    Builtin::plain("bytea", &[]),
    Builtin::plain("date", &[]),
    Builtin::plain("uuid", &[]),
    Builtin::plain("time", &["time"]).tail(ZONELESS),
    Builtin::plain("timestamp", &["timestamp"]).tail(ZONELESS),
    Builtin::plain("timestamp", &["timestamptz"]).tail(ZONED),
    Builtin::sent("time", &["timetz"], "timetz_send").tail(ZONED),
    Builtin::sent("real", &["float4"], "float4send"),
    Builtin::sent("double precision", &["float8"], "float8send"),
    Builtin::sent("numeric", &["decimal"], "numeric_send"),
    Builtin::sent("character", &["char"], "bpcharsend"),
    Builtin::sent("bpchar", &[], "bpcharsend"),
    Builtin::sent("name", &[], "namesend"),
    Builtin::sent("\"char\"", &[], "charsend"),
    Builtin::sent("interval", &[], "interval_send"),
    Builtin::sent("json", &[], "json_send"),
    Builtin::sent("jsonb", &[], "jsonb_send"),
    Builtin::sent("jsonpath", &[], "jsonpath_send"),
    Builtin::sent("xml", &[], "xml_send"),
    Builtin::sent("money", &[], "cash_send"),
    Builtin::sent("bit", &[], "bit_send"),
    Builtin::sent("bit varying", &["varbit"], "varbit_send"),
    Builtin::sent("inet", &[], "inet_send"),
    Builtin::sent("cidr", &[], "cidr_send"),
    Builtin::sent("macaddr", &[], "macaddr_send"),
    Builtin::sent("macaddr8", &[], "macaddr8_send"),
    Builtin::sent("point", &[], "point_send"),
    Builtin::sent("line", &[], "line_send"),
    Builtin::sent("lseg", &[], "lseg_send"),
    Builtin::sent("box", &[], "box_send"),
    Builtin::sent("path", &[], "path_send"),
    Builtin::sent("polygon", &[], "poly_send"),
    Builtin::sent("circle", &[], "circle_send"),
    Builtin::sent("int4range", &[], "range_send"),
    Builtin::sent("int8range", &[], "range_send"),
    Builtin::sent("numrange", &[], "range_send"),
    Builtin::sent("daterange", &[], "range_send"),
    Builtin::sent("tsrange", &[], "range_send"),
    Builtin::sent("tstzrange", &[], "range_send"),
    Builtin::sent("int4multirange", &[], "multirange_send"),
    Builtin::sent("int8multirange", &[], "multirange_send"),
    Builtin::sent("nummultirange", &[], "multirange_send"),
    Builtin::sent("datemultirange", &[], "multirange_send"),
    Builtin::sent("tsmultirange", &[], "multirange_send"),
    Builtin::sent("tstzmultirange", &[], "multirange_send"),
    Builtin::sent("tsvector", &[], "tsvectorsend"),
    Builtin::sent("tsquery", &[], "tsquerysend"),
    Builtin::sent("pg_lsn", &[], "pg_lsn_send"),
    Builtin::sent("pg_snapshot", &[], "pg_snapshot_send"),
    Builtin::sent("xid8", &[], "xid8send"),
    Builtin::sent("oid", &[], "oidsend"),
];
