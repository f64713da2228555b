//! `config show`, `config set`, `config login`.

use super::Place;
use crate::arguments::ConfigCommand;
use crate::output::Output;
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};
use tokio_util::sync::CancellationToken;
use workstation::{Failure, Wanted, Workspace};

pub(crate) async fn config(
    command: ConfigCommand,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let config = match command {
        ConfigCommand::Show => workspace.config.clone(),
        ConfigCommand::Set { key, value } => {
            let config = workspace.config.with(&key, &value)?;
            config.save(workspace.dir())?;
            config
        }
        ConfigCommand::MakeTable { remote, print } => {
            return make_table(&workspace, &remote, print, output, cancel).await;
        }
        ConfigCommand::Login { remote, forget } => {
            return login(&workspace, &remote, forget, output, cancel).await;
        }
    };
    output.answer(
        &json!({ "workspace": workspace.dir(), "config": config.shown() }),
        || {
            let text = config.shown().to_text();
            format!(
                "# {}\n{text}",
                workspace.dir().join("config.toml").display()
            )
        },
    )
}

async fn login(
    workspace: &Workspace,
    remote: &str,
    forget: bool,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    match remote.split_once('.') {
        Some(("tams", name)) => {
            tams_login(workspace, (remote, name), forget, output, cancel).await?
        }
        Some(("s3", name)) if forget => workspace.keep_store_secret(name, None)?,
        Some(("s3", name)) if workspace.config.s3.contains_key(name) => {
            let secret = typed(remote, Wanted::SecretKey)?;
            workspace.keep_store_secret(name, Some(&secret))?;
        }
        None if remote == "hydrolix" && forget => workspace.keep_hydrolix_secret(None)?,
        None if remote == "hydrolix" => {
            let wanted = workspace.config.hydrolix.as_ref();
            match wanted.map(|config| config.auth.wanted()) {
                Some(wanted) => workspace.keep_hydrolix_secret(Some(&typed(remote, wanted)?))?,
                None => workspace.keep_hydrolix_secret(Some(""))?,
            }
        }
        None if remote == "vastdb" && forget => workspace.keep_vast_secret(None)?,
        None if remote == "vastdb" && workspace.config.vastdb.is_some() => {
            let secret = typed(remote, Wanted::SecretKey)?;
            workspace.keep_vast_secret(Some(&secret))?;
        }
        // Says what is missing before anything is typed.
        None if remote == "vastdb" => workspace.keep_vast_secret(Some(""))?,
        Some(("s3", name)) => workspace.keep_store_secret(name, Some(""))?,
        _ => {
            return Err(Failure::bad_input(
                format!("`{remote}` is no remote with a secret in the keychain"),
                "Name a connection, such as `tams.studio`, a store, such as `s3.films`, `vastdb` or `hydrolix`.",
            ));
        }
    }
    let document = json!({ "remote": remote, "kept": !forget });
    output.answer(&document, || {
        if forget {
            format!("{remote}: forgotten")
        } else {
            format!("{remote}: kept in the system's keychain; `stringout doctor` tries it")
        }
    })
}

async fn tams_login(
    workspace: &Workspace,
    (remote, name): (&str, &str),
    forget: bool,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let remotes = &workspace.remotes;
    if forget {
        return remotes.forget_secret(name);
    }
    if let Some(wanted) = remotes.typed_secret(name)? {
        return remotes.keep_secret(name, &typed(remote, wanted)?);
    }
    let signed_in = remotes.sign_in(name, cancel, |address| {
        output.note(&format!("Open this in a browser to sign in:\n{address}"));
    });
    signed_in.await
}

/// Asks for a secret without showing it, or reads the first line of what is piped in.
fn typed(remote: &str, wanted: Wanted) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::io("the standard input", &error);
    let secret = if std::io::stdin().is_terminal() {
        let mut stderr = std::io::stderr();
        // Where it can't be shown, the question is still answered.
        let _ = write!(stderr, "{} of {remote}: ", wanted.word()).and_then(|()| stderr.flush());
        rpassword::read_password().map_err(failed)?
    } else {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(failed)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if secret.is_empty() {
        return Err(Failure::bad_input(
            format!("the {} is empty", wanted.word()),
            "Type it, or pipe it in.",
        ));
    }
    Ok(secret)
}

async fn make_table(
    workspace: &Workspace,
    remote: &str,
    print: bool,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    if remote != "hydrolix" {
        return Err(Failure::bad_input(
            format!("`{remote}` has no table to make"),
            "Name `hydrolix`; the tables of `vastdb` make themselves.",
        ));
    }
    let recipe = workspace.hydrolix_recipe()?;
    if print {
        return output.answer(&json!({ "recipe": recipe }), || recipe.clone());
    }
    match workspace.make_hydrolix_table(cancel).await {
        Ok(made) => {
            let document = json!({
                "project": made.project, "table": made.table, "transform": made.transform,
            });
            output.answer(&document, || {
                let word = |made: bool| if made { "made" } else { "was there" };
                format!(
                    "project {}, table {}, transform {}",
                    word(made.project),
                    word(made.table),
                    word(made.transform)
                )
            })
        }
        Err(failure) => Err(Failure {
            hint: format!(
                "{} By hand: `stringout config make-table hydrolix --print`.",
                failure.hint
            ),
            ..failure
        }),
    }
}
