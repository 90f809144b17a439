//! `radgauge data fetch`

#[cfg(feature = "fetch")]
mod run;

use std::path::PathBuf;

use clap::Args;

/// Get data sets: show the licences, download, verify every file
///
/// Files go to --data, otherwise to the folder that RADGAUGE_DATA names, otherwise to the cache folder. A download that
/// broke is resumed by the same command. A proxy is taken from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY,
/// certificates from SSL_CERT_FILE.
#[derive(Debug, Args)]
pub(in crate::cli) struct Fetch {
    /// The data sets, or what their names begin with, e.g. `ibsi1`; otherwise all
    names: Vec<String>,
    /// The folder to fetch into
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Accept the licences without being asked
    #[arg(long)]
    accept_licence: bool,
    /// Take the files from a folder, or from a ZIP or TAR.GZ archive of one, such as a clone of theibsi/data_sets
    #[arg(long, value_name = "DIR|ZIP|TAR.GZ")]
    from: Option<PathBuf>,
    /// Download from a mirror: a server with OWNER/REPOSITORY/COMMIT/PATH of raw.githubusercontent.com
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    mirror: Option<String>,
    /// Give a connection up when nothing is received for this time
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

#[cfg(not(feature = "fetch"))]
impl Fetch {
    pub(super) fn run(self) -> Result<u8, crate::cli::Failed> {
        Err(crate::cli::Failed::usage(anyhow::anyhow!(
            "this radgauge was built without the feature `fetch`: it cannot download or unpack. Clone the repositories \
             that `radgauge data list` names and pass the folder as --data"
        )))
    }
}
