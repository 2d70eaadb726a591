//! An engine behind a socket of this machine: connections that stay open, and a greeting that is quick.

use std::sync::{Arc, OnceLock};

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use camino::Utf8Path;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use hyperlocal::UnixConnector;

use super::greeting::Greeted;

/// Idle connections that are kept: as many as requests are made at once.
const POOL: usize = 16;

/// A client whose connections serve one request after the other. The client's own make one for each; a look at 200
/// containers is 200 requests.
pub(super) struct Local {
    pub client: Docker,
    heard: Arc<OnceLock<Greeted>>,
}

impl Local {
    /// No request is made yet. `seconds` is how long an answer may take.
    ///
    /// # Errors
    /// When there is no such socket.
    pub fn open(socket: &str, seconds: u64) -> Result<Self, Error> {
        if !Utf8Path::new(socket).exists() {
            return Err(Error::SocketNotFoundError(socket.to_owned()));
        }
        let heard = Arc::new(OnceLock::new());
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(POOL).build(UnixConnector);
        let ear = heard.clone();
        let transport = move |request: BollardRequest| {
            let (client, ear) = (client.clone(), ear.clone());
            async move {
                let answer = client.request(request).await?;
                let header = |name: &str| answer.headers().get(name)?.to_str().ok();
                if let (None, Some(server), Some(api)) = (ear.get(), header("server"), header("api-version"))
                    && let Some(greeted) = Greeted::heard(server, api, header("builder-version"))
                {
                    let _ = ear.set(greeted);
                }
                Ok(answer)
            }
        };
        // The socket's path stands where a host would, in hexadecimal: so the connector reads it.
        let host: String = socket.bytes().map(|byte| format!("{byte:02x}")).collect();
        let host = Some(format!("unix://{host}"));
        let client = Docker::connect_with_custom_transport(transport, host, seconds, API_DEFAULT_VERSION)?;
        Ok(Self { client, heard })
    }

    /// Asks for a sign of life. `/version` would say more, and take ten times as long: for it the engine runs other
    /// programs that tell theirs. `None` if the head of the answer does not name the engine.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn ping(&self) -> Result<Option<Greeted>, Error> {
        self.client.ping().await?;
        Ok(self.heard.get().cloned())
    }
}
