use super::*;

fn parsed(text: &str) -> PgType {
    PgType::parse(text).unwrap_or_else(|| panic!("{text} is not known"))
}

#[test]
fn server_words_survive_reading_and_writing() {
    for text in [
        "boolean",
        "character varying(80)",
        "numeric(15,2)",
        "timestamp(3) without time zone",
        "timestamp with time zone",
        "time(0) with time zone",
        "integer[]",
        "bit varying(7)[]",
        "\"char\"",
        "double precision",
        "interval",
    ] {
        assert_eq!(parsed(text).to_string(), text);
    }
    for (alias, text) in [
        ("timetz", "time with time zone"),
        ("VARCHAR(3)", "character varying(3)"),
        ("numeric(5)", "numeric(5,0)"),
        ("bit", "bit(1)"),
        ("int4[][]", "integer[]"),
    ] {
        assert_eq!(parsed(alias).to_string(), text);
    }
    for unknown in ["regclass", "public.mood", "text; drop table x", "int4(", "intervals", ""] {
        assert_eq!(PgType::parse(unknown), None, "{unknown}");
    }
}

#[test]
fn only_widening_is_lossless() {
    let cases = [
        ("integer", "integer", Fit::Exact),
        ("integer", "bigint", Fit::Cast),
        ("bigint", "integer", Fit::Drift),
        ("character varying(10)", "character varying(20)", Fit::Cast),
        ("character varying(20)", "character varying(10)", Fit::Drift),
        ("character varying(20)", "text", Fit::Cast),
        ("text", "character varying(20)", Fit::Drift),
        ("character(3)", "text", Fit::Drift),
        ("character(3)", "character(4)", Fit::Drift),
        ("numeric(10,2)", "numeric", Fit::Cast),
        ("numeric(10,2)", "numeric(12,4)", Fit::Cast),
        ("numeric(10,2)", "numeric(11,4)", Fit::Drift),
        ("numeric", "numeric(10,2)", Fit::Drift),
        ("timestamp(3) without time zone", "timestamp", Fit::Cast),
        ("timestamp without time zone", "timestamptz", Fit::Drift),
        ("interval day to second(3)", "interval", Fit::Cast),
        ("json", "jsonb", Fit::Drift),
        ("integer[]", "bigint[]", Fit::Cast),
        ("integer[]", "integer", Fit::Drift),
        ("bit(3)", "bit(3)", Fit::Exact),
        ("bit(3)", "bit", Fit::Drift),
    ];
    for (from, to, fit) in cases {
        assert_eq!(parsed(from).fit(&parsed(to)), fit, "{from} into {to}");
    }
}

#[test]
fn each_neutral_type_has_one_in_postgresql() {
    let text: Vec<String> = [
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "real",
        "double",
        "decimal",
        "decimal(15,2)",
        "text",
        "varchar",
        "varchar(80)",
        "char(3)",
        "binary",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "json",
        "jsonb",
        "text[]",
        "native:inet",
    ]
    .iter()
    .map(|neutral| PgType::of(&neutral.parse().unwrap()).unwrap().to_string())
    .collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    boolean
    smallint
    integer
    bigint
    real
    double precision
    numeric
    numeric(15,2)
    text
    character varying
    character varying(80)
    character(3)
    bytea
    date
    time without time zone
    timestamp without time zone
    timestamp with time zone
    interval
    uuid
    json
    jsonb
    text[]
    inet
    "#);
    let refused = PgType::of(&"native:regclass".parse().unwrap()).unwrap_err();
    assert_eq!(refused.code().id, "PG0010");
}
