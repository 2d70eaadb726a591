//! A command in a running container.

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::ResizeExecOptions;
use futures_util::{Stream, StreamExt, future, stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::{Docker, error};
use crate::engine::{EngineError, Exec, ExecIo};
use crate::state::ContainerId;

/// A command that runs.
pub(super) struct Running {
    id: String,
    /// What it prints.
    pub output: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    /// What it reads.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

/// Returns the exit code. Dropping the future closes the connection; the command sees the end of its input.
pub(super) async fn exec(docker: &Docker, id: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError> {
    let ExecIo { stdin, stdout, stderr, sizes } = io;
    let Running { id, output, input } = start(docker, id, exec, stdin.is_some()).await?;
    let mut sizes = stream::iter(exec.tty).chain(sizes.unwrap_or_else(|| stream::empty().boxed()));
    let resized = async {
        while let Some((columns, rows)) = sizes.next().await {
            let size = ResizeExecOptions { h: rows.into(), w: columns.into() };
            // A command that has ended already has no terminal to resize.
            docker.client.resize_exec(&id, size).await.ok();
        }
    };
    let fed = feed(stdin, input);
    let copied = copy(output, stdout, stderr);
    tokio::pin!(copied);
    tokio::select! {
        // The command may end without having read its input.
        copied = &mut copied => copied?,
        _ = future::join(fed, resized) => copied.await?,
    }
    exit_code(docker, &id).await
}

/// Starts a command with its streams attached.
pub(super) async fn start(
    docker: &Docker,
    container: &ContainerId,
    exec: &Exec,
    stdin: bool,
) -> Result<Running, EngineError> {
    let Exec { command, user, working_dir, environment, tty, privileged } = exec;
    let config = ExecConfig {
        attach_stdin: Some(stdin),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(tty.is_some()),
        cmd: Some(command.clone()),
        env: Some(environment.clone()),
        user: user.clone(),
        working_dir: working_dir.clone(),
        privileged: Some(*privileged),
        ..Default::default()
    };
    let id = docker.client.create_exec(container.as_str(), config).await.map_err(error::plain)?.id;
    let options = StartExecOptions { detach: false, tty: tty.is_some(), output_capacity: None };
    match docker.client.start_exec(&id, Some(options)).await.map_err(error::plain)? {
        StartExecResults::Attached { output, input } => Ok(Running { id, output, input }),
        StartExecResults::Detached => {
            Err(EngineError::Refused("the command was started without its streams".to_owned()))
        }
    }
}

/// Runs a command without input to its end and hands each piece of its output over.
pub(super) async fn run(
    docker: &Docker,
    container: &ContainerId,
    exec: &Exec,
    mut piece: impl FnMut(LogOutput),
) -> Result<i64, EngineError> {
    let Running { id, mut output, input } = start(docker, container, exec, false).await?;
    while let Some(next) = output.next().await {
        piece(next.map_err(error::plain)?);
    }
    drop(input);
    exit_code(docker, &id).await
}

async fn exit_code(docker: &Docker, exec: &str) -> Result<i64, EngineError> {
    let ended = docker.client.inspect_exec(exec).await.map_err(error::plain)?;
    Ok(ended.exit_code.unwrap_or_default())
}

async fn feed(stdin: Option<Box<dyn AsyncRead + Send + Unpin>>, mut input: Pin<Box<dyn AsyncWrite + Send>>) {
    if let Some(mut stdin) = stdin {
        // A command that does not read its input is no failure of ours.
        tokio::io::copy(&mut stdin, &mut input).await.ok();
    }
    input.shutdown().await.ok();
}

async fn copy(
    mut output: impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
    mut stdout: Box<dyn AsyncWrite + Send + Unpin>,
    mut stderr: Box<dyn AsyncWrite + Send + Unpin>,
) -> Result<(), EngineError> {
    let local = |error: std::io::Error| EngineError::Local(format!("cannot write the command's output: {error}"));
    while let Some(piece) = output.next().await {
        let piece = piece.map_err(error::plain)?;
        let writer = if matches!(piece, LogOutput::StdErr { .. }) { &mut stderr } else { &mut stdout };
        writer.write_all(&piece.into_bytes()).await.map_err(local)?;
        writer.flush().await.map_err(local)?;
    }
    Ok(())
}
