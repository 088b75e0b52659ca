//! `git iao rules`: lists the rules of the scanner, shows one, and tries a file of rules.

use std::path::PathBuf;

use git_iao::scan::{Error as ScanError, Rule, RuleSet, Trial, built_in, load, try_rules};
use git_iao::step;
use serde_json::{Value, json};

use crate::cli::args::{Format, Global, Rules, RulesAct};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::ui::{Ui, plain};

/// The texts that rules are tried on are drawn with it; another would do as well.
const SEED: u64 = 1;
/// No file of rules is larger, in bytes.
const MOST: u64 = 16 << 20;

/// Runs the command; needs no repository.
pub(in crate::cli) fn run(
    ui: &Ui,
    global: &Global,
    current: std::io::Result<PathBuf>,
    arguments: &Rules,
) -> Result<Exit, Error> {
    match &arguments.act {
        RulesAct::List => list(ui, built_in()),
        RulesAct::Show { id } => show(ui, built_in(), id),
        RulesAct::Test { file } => {
            let set = match file {
                Some(file) => {
                    let current = current.map_err(Error::Directory)?;
                    let folder = global
                        .directory
                        .as_ref()
                        .map_or_else(|| current.clone(), |there| current.join(there));
                    let read = |name: &str| read(&folder.join(name));
                    load(&file.display().to_string(), &read).map_err(step::Error::from)?.set
                }
                None => built_in().clone(),
            };
            test(ui, &set)
        }
    }
}

/// Reads a file of rules.
fn read(path: &std::path::Path) -> Result<String, ScanError> {
    let fault = |why: String| ScanError::Rules { faults: format!("{}: {why}", path.display()) };
    let size = std::fs::metadata(path).map_err(|error| fault(error.to_string()))?.len();
    if size > MOST {
        return Err(fault(format!("larger than {} MiB", MOST >> 20)));
    }
    std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))
}

fn list(ui: &Ui, set: &RuleSet) -> Result<Exit, Error> {
    if ui.format() == Format::Json {
        let rules: Vec<Value> = set.rules().iter().map(facts).collect();
        ui.json(&json!({ "schema": "iao/rules/v1", "rules": rules }))?;
        return Ok(Exit::Yes);
    }
    let width = set.rules().iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let line =
        |rule: &Rule| format!("{:<width$}  {:<7}  {}\n", rule.id, rule.severity.as_str(), rule.description);
    ui.out(&set.rules().iter().map(line).collect::<String>())?;
    Ok(Exit::Yes)
}

fn show(ui: &Ui, set: &RuleSet, id: &str) -> Result<Exit, Error> {
    let wanted = id.strip_prefix("secret.").unwrap_or(id);
    let Some(rule) = set.get(wanted) else {
        return Err(Error::NoRule { id: plain(id) });
    };
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/rules/v1", "rules": [facts(rule)] }))?;
        return Ok(Exit::Yes);
    }
    let mut text = format!("{}: {}\n", rule.id, rule.description);
    for (word, said) in [
        ("severity", rule.severity.as_str()),
        ("pattern", rule.regex().unwrap_or("(none: the path alone is looked at)")),
        ("keywords", &rule.keywords.join(", ")),
        ("source", &rule.source),
        ("revoke", &rule.revoke),
    ] {
        text.push_str(&format!("{word:<9} {said}\n"));
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

fn facts(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "description": rule.description,
        "severity": rule.severity,
        "pattern": rule.regex(),
        "keywords": rule.keywords,
        "tags": rule.tags,
        "source": rule.source,
        "revoke": rule.revoke,
    })
}

/// Tries each rule on texts that are drawn from its own pattern.
fn test(ui: &Ui, set: &RuleSet) -> Result<Exit, Error> {
    let trials = try_rules(set, SEED);
    let failed: Vec<&Trial> = trials.iter().filter(|trial| !trial.holds()).collect();
    let exit = if failed.is_empty() { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        let trial = |trial: &Trial| {
            json!({
                "rule": trial.rule,
                "drawn": trial.drawn,
                "found": trial.found,
                "leftAlone": trial.left_alone,
                "near": trial.near,
            })
        };
        let trials: Vec<Value> = trials.iter().map(trial).collect();
        ui.json(&json!({ "schema": "iao/rules-test/v1", "holds": exit == Exit::Yes, "trials": trials }))?;
        return Ok(exit);
    }
    let mut text = String::new();
    for Trial { rule, drawn, found, .. } in &failed {
        text.push_str(&match drawn {
            0 => format!("{}: no text could be drawn that its pattern and entropy accept\n", plain(rule)),
            _ => format!("{}: finds {found} of {drawn} texts drawn from its pattern\n", plain(rule)),
        });
    }
    for Trial { rule, .. } in trials.iter().filter(|trial| !trial.near) {
        text.push_str(&format!(
            "{}: searches whole files; a pattern that always holds one of its keywords and has an end is faster\n",
            plain(rule)
        ));
    }
    let drawn: usize = trials.iter().map(|trial| trial.drawn).sum();
    text.push_str(&format!(
        "{} rules tried on {drawn} drawn texts, {} do not hold\n",
        trials.len(),
        failed.len()
    ));
    ui.out(&text)?;
    if exit == Exit::No {
        ui.hint("a rule finds a text when a keyword stands in it, its pattern matches, and the secret has more bits a character than `entropy`");
    }
    Ok(exit)
}
