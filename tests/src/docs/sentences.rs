//! Commands that stand in sentences, tables, advice and examples of help, typed on a stack where
//! everything is as they take it to be.

use super::{
    EXAMPLE, FIGURES, GUIDE,
    page::{Command, PROJECT, Page},
    rules::{BLOCKS_LEFT_OUT, BY_CI, CUT_SHORT, How, RULES, STAND_INS},
    shell::{ATTENDED, Shell},
    spoken,
};
use teal_model::release::PostgresEndpoint;

use crate::testkit::{Db, model, source_db};

/// What the owner of the source did before.
const SHOP: &str = "
    create table customers (id bigint primary key, name text not null);
    create table orders (id bigint primary key, amount numeric(12,2));
    insert into customers values (1, 'Ada'), (2, 'Bob');
    insert into orders values (10, 1.50), (11, null);
    create schema sales; create table sales.visits (id int primary key);
    create schema audit; create table audit.log (id int primary key)";

/// A model in the names that the docs use. Roles are those of the whole server.
const MODEL: &str = r#"kind: Platform
name: live
services: main
style: live
---
kind: Platform
name: history
services: main
style: milestoned
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: shop_reader}
ingest: {snapshot: {}}
streams: multi
schedule: external
datasets:
  customers:
    table: public.customers
    key: [id]
    columns: {id: bigint, name: text}
  orders:
    table: public.orders
    key: [id]
    columns: {id: bigint, amount: {type: "decimal(12,2)", nullable: true}}
---
kind: Workspace
name: reporting
team: retail/online
roles: external
groups:
  core: {needs: {history: none}, sinks: [shop:customers, shop:orders]}
  past: {needs: {history: full}, sinks: [shop:orders]}
"#;

/// The stack, the model, a worker, a first batch; and what makes a case of each kind of trouble.
const BEFORE: &str = r#"
teal dev up
eval "$(teal dev env)"
sed -i "s/port: 15433/port: $(echo $TEAL_CATALOG | sed 's/.*:\(.*\)\/.*/\1/')/" model/shop.yaml
mkdir -p examples/tpch && cp -r model examples/tpch/model
mkdir -p secrets/merge_rw
printf %s "$TEAL_CREDENTIAL_MERGE_RW_USER" > secrets/merge_rw/username
printf %s "$TEAL_CREDENTIAL_MERGE_RW_PASSWORD" > secrets/merge_rw/password
teal worker --all --quiet --metrics-addr off &
worker=$!
attended teal apply --yes
teal run '*'
# a worker is ready when it polls, and ends well when it is told to
attends() {
  "$@" 2> attended.log & local attended=$!
  for look in $(seq 1200); do
    grep -q polling attended.log && break
    kill -0 $attended || break
    sleep 0.1
  done
  kill $attended; wait $attended && grep -q polling attended.log || { cat attended.log; false; }
}
# batches fail from now on; they do no longer
breaks() { mv secrets/shop_reader secrets/away; }
mends() { mv secrets/away secrets/shop_reader; }
# leaves an open batch behind
dies_in_a_batch() { TEAL_FAILPOINTS=batch.commit:before=kill teal run live/shop --local; }
command -v jq || jq() { cat > /dev/null; }
"#;

async fn shell(source: &Db) -> Shell {
    source.run(SHOP).await;
    let shell = Shell::new();
    let file = |path: &str, text: &str| {
        let path = shell.folder().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let merge = PostgresEndpoint {
        host: "127.0.0.1".to_owned(),
        port: 15433,
        database: "merge".to_owned(),
        ..source.endpoint("merge_rw")
    };
    let preamble = model::preamble("acme", "main", &merge, "secrets");
    let text = MODEL.replace("SOURCE", &model::place(&source.endpoint("")));
    file("model/shop.yaml", &format!("{preamble}{text}"));
    file("secrets/shop_reader/username", source.user());
    file("secrets/shop_reader/password", &source.password().unwrap_or_default());
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_a_sentence_is_one_that_works() {
    let source = source_db("every_command_of_a_sentence_is_one_that_works").await;
    let mut shell = shell(&source).await;
    shell.first(ATTENDED);
    shell.first(BEFORE);
    shell.finally("kill $worker; wait; teal dev down --wipe");
    shell.set("SOURCE", &source.url);
    let (mut commands, mut faults) = (Vec::new(), Vec::new());
    for (place, spoken) in spoken::commands() {
        match typed(&spoken) {
            Ok(Some(text)) if commands.iter().all(|known: &Command| known.text != text) => {
                commands.push(Command { place, text, exit: 0 });
            }
            Ok(_) => {} // typed already, or not at all
            Err(fault) => faults.push(format!("{place}: `{spoken}` {fault}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(commands.len() > 120, "only {} commands were found", commands.len());
    if let Err(failed) = tokio::task::spawn_blocking(move || shell.each(&commands)).await {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// How a command is typed; nothing where something else runs it or a reason says why nothing does.
fn typed(spoken: &str) -> Result<Option<String>, String> {
    let whole = whole(spoken);
    let mut text = whole.to_owned();
    for (from, to) in STAND_INS {
        text = text.replace(from, to);
    }
    let how = RULES.iter().find(|(start, _)| text.starts_with(start)).map(|(_, how)| *how);
    let text = match text.strip_suffix(" …") {
        Some(update) if update.contains("workflow update execute") => {
            format!("{update} --name reload --input '{{}}'")
        }
        _ => text.replace('…', "looking"),
    };
    match how {
        None => Ok(Some(text)),
        Some(How::Between(first, then)) => {
            let then =
                if then.is_empty() { "" } else { &format!("; code=$?; {then}; (exit $code)") };
            let first = if first.is_empty() { "" } else { &format!("{first}\n") };
            Ok(Some(format!("{first}{text}{then}")))
        }
        Some(How::Refused(words)) => {
            let quoted = words.replace('\'', "");
            Ok(Some(format!("{text} > refused 2>&1; test $? = 1 && grep -q '{quoted}' refused")))
        }
        Some(How::Instead("attends")) => {
            let addressed = text.contains("--metrics-addr");
            let nowhere = if addressed { "" } else { " --metrics-addr off" };
            Ok(Some(format!("attends {text}{nowhere}")))
        }
        Some(How::Instead(other)) => Ok(Some(other.to_owned())),
        Some(How::InBlocks) if in_blocks(whole) => Ok(None),
        Some(How::InBlocks) => Err("stands in no block that is run".to_owned()),
        Some(How::ByCi(line)) if by_ci(line) => Ok(None),
        Some(How::ByCi(line)) => {
            Err(format!("should be run by .ci/run, which has no line `{line}`"))
        }
        Some(How::Not(reason)) => {
            assert!(!reason.is_empty(), "why is `{spoken}` not run?");
            Ok(None)
        }
    }
}

fn in_blocks(text: &str) -> bool {
    let pages = EXAMPLE.iter().chain(&GUIDE).chain(&[FIGURES]);
    let mut pages = pages.map(|name| Page::read(name));
    pages.any(|page| page.commands.iter().any(|command| command.text.starts_with(text)))
}

fn by_ci(line: &str) -> bool {
    let script = std::fs::read_to_string(format!("{PROJECT}/.ci/run")).expect(".ci/run");
    script.lines().any(|run| run == line)
}

#[test]
fn blocks_that_are_not_run_are_listed_with_their_reason() {
    let (mut left_out, mut faults) = (Vec::new(), Vec::new());
    for name in super::page::names() {
        for block in Page::read(&name).left_out {
            if block.reason == BY_CI {
                let lines = block.commands.iter().map(|command| {
                    command
                        .text
                        .split_once(" #")
                        .map_or(&*command.text, |(line, _)| line)
                        .trim_end()
                });
                faults.extend(
                    lines
                        .filter(|line| !by_ci(line))
                        .map(|line| format!("{name}: `{line}` is not run by .ci/run")),
                );
            }
            left_out.push((name.clone(), block.reason));
        }
    }
    let listed = BLOCKS_LEFT_OUT.map(|(page, reason)| (page.to_owned(), reason.to_owned()));
    assert_eq!(left_out, listed, "list it in tests/src/docs/rules.rs");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A command with what the sentence leaves out.
fn whole(spoken: &str) -> &str {
    CUT_SHORT.iter().find(|(cut, _)| *cut == spoken).map_or(spoken, |(_, whole)| whole)
}

#[test]
fn nothing_is_listed_that_no_page_speaks_of() {
    let spoken: Vec<String> = spoken::commands().into_iter().map(|(_, text)| text).collect();
    let stood_in = |text: &str| {
        STAND_INS.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let whole: Vec<&str> = spoken.iter().map(|text| whole(text)).collect();
    let cut = CUT_SHORT.iter().filter(|(cut, _)| !spoken.iter().any(|text| text == cut));
    let stand_ins =
        STAND_INS.iter().filter(|(from, _)| !whole.iter().any(|text| text.contains(from)));
    let rules = RULES
        .iter()
        .filter(|(start, _)| !whole.iter().any(|text| stood_in(text).starts_with(start)));
    let idle = cut.chain(stand_ins).map(|(text, _)| *text).chain(rules.map(|(text, _)| *text));
    assert_eq!(idle.collect::<Vec<_>>(), Vec::<&str>::new());
}
