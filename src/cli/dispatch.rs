//! From arguments to a command, and from its end to an exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use git_iao::base::process::Environment;

use super::args::{self, Arguments, Command};
use super::error::Error;
use super::exit::Exit;
use super::session::Session;
use super::ui::Ui;
use super::{command, hook_line, render};

/// What the process was started with.
pub(crate) struct Invocation {
    /// The arguments, the program's name first.
    pub(crate) arguments: Vec<OsString>,
    /// The environment.
    pub(crate) environment: Environment,
    /// Where it was started.
    pub(crate) directory: std::io::Result<PathBuf>,
    /// The program's own file, once somebody asks.
    pub(crate) program: fn() -> std::io::Result<PathBuf>,
    /// The process that started this one, where the system tells.
    pub(crate) parent: Option<u32>,
}

/// Runs the program.
pub(crate) fn main(invocation: Invocation) -> ExitCode {
    let Invocation { arguments, environment, directory, program, parent } = invocation;
    let parsed =
        match hook_line::read(&arguments, parent).map_or_else(|| Arguments::try_parse_from(arguments), Ok) {
            Ok(parsed) => parsed,
            Err(error) => return usage(&error),
        };
    let ui = Ui::new(&parsed.global, &environment);
    let exit = match run(parsed, &ui, environment, directory, program) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.exit();
            if exit != Exit::Yes {
                render::error(&ui, &error);
            }
            exit
        }
    };
    exit.into()
}

/// Prints what clap says: help and version are answers, anything else is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Failed } else { Exit::Yes };
    // The reader may have gone away, as with `git iao -h | head -1`.
    let _ = error.print();
    if exit == Exit::Failed && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        Ui::error("hint: `git iao -h` lists the commands, `git iao COMMAND -h` explains one");
    }
    exit.into()
}

fn run(
    arguments: Arguments,
    ui: &Ui,
    environment: Environment,
    directory: std::io::Result<PathBuf>,
    program: fn() -> std::io::Result<PathBuf>,
) -> Result<Exit, Error> {
    let Arguments { global, command } = arguments;
    match &command {
        Command::Man(man) => return command::man::run(ui, man, program()),
        Command::Completions(completions) => return command::completions::run(ui, completions),
        Command::Rules(rules) => {
            if ui.format().is_for_findings() {
                return Err(Error::NoSarif { command: "rules" });
            }
            return command::rules::run(ui, &global, directory, rules);
        }
        Command::Verify(verify) => {
            if let Some(proof) = &verify.proof {
                if ui.format().is_for_findings() {
                    return Err(Error::NoSarif { command: "verify --proof" });
                }
                return command::proof_check::run(ui, &global, &environment, directory, verify, proof);
            }
        }
        _ => {}
    }
    if ui.format().is_for_findings()
        && !matches!(command, Command::Scan(_) | Command::Plan(_) | Command::Verify(_))
    {
        return Err(Error::NoSarif { command: name(&command) });
    }
    let export = match &command {
        Command::Seal(args::Seal { act: Some(args::SealAct::Export(_)), .. }) => None,
        _ => global.export_format(),
    };
    if export.is_some() {
        return Err(Error::NoExport { command: name(&command) });
    }
    let session = Session::open(ui.clone(), &global, environment, directory)?;
    let done = match command {
        Command::Init(init) => command::init::run(&session, &init),
        Command::Validate => command::validate::run(&session),
        Command::Status => command::status::run(&session),
        Command::Plan(plan) => command::plan::run(&session, &plan),
        Command::Run(run) => command::run::run(&session, &run),
        Command::Apply(apply) => command::apply::run(&session, &apply),
        Command::Verify(verify) => command::verify::run(&session, &verify),
        Command::Seal(args::Seal { act: Some(args::SealAct::Export(export)), .. }) => {
            command::export::run(&session, &export, global.export_format())
        }
        Command::Seal(seal) => command::seal::run(&session, &seal),
        Command::Proof(proof) => command::proof::run(&session, &proof),
        Command::Show(show) => command::show::run(&session, &show),
        Command::Log(log) => command::log::run(&session, &log),
        Command::Replay(replay) => command::replay::run(&session, &replay),
        Command::Scan(scan) => command::scan::run(&session, &scan),
        Command::Allow(allow) => command::allow::run(&session, &allow),
        Command::Clean(clean) => command::clean::run(&session, &clean),
        Command::Audit(audit) => command::audit::run(&session, &audit),
        Command::Sync(sync) => command::sync::run(&session, &sync),
        Command::Notes(_) => command::notes::run(&session),
        Command::Hooks(hooks) => command::hooks::run(&session, &hooks, program),
        Command::Man(_) | Command::Completions(_) | Command::Rules(_) => Ok(Exit::Yes),
    };
    // The process ends: the system takes back what packs and caches hold sooner than we let go of each.
    std::mem::forget(session);
    done
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Init(_) => "init",
        Command::Validate => "validate",
        Command::Status => "status",
        Command::Plan(_) => "plan",
        Command::Run(_) => "run",
        Command::Apply(_) => "apply",
        Command::Verify(_) => "verify",
        Command::Seal(_) => "seal",
        Command::Proof(_) => "proof",
        Command::Show(_) => "show",
        Command::Log(_) => "log",
        Command::Replay(_) => "replay",
        Command::Scan(_) => "scan",
        Command::Allow(_) => "allow",
        Command::Rules(_) => "rules",
        Command::Clean(_) => "clean",
        Command::Audit(_) => "audit",
        Command::Sync(_) => "sync",
        Command::Notes(_) => "notes",
        Command::Hooks(_) => "hooks",
        Command::Man(_) => "man",
        Command::Completions(_) => "completions",
    }
}
