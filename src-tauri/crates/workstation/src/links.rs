//! Addresses: the public base that is printed, and the one that works on this network only.

use crate::{Code, Failure, Workspace};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use uuid::Uuid;

/// Port of the play service when none is configured.
const PORT: u16 = 8787;

impl Workspace {
    /// Where the play service listens when nothing else is said: as configured, else the address
    /// of this machine on its network, so that a phone beside it can open the page.
    #[must_use]
    pub fn play_address(&self) -> SocketAddr {
        self.config
            .play
            .listen
            .unwrap_or_else(|| SocketAddr::new(network_address(), PORT))
    }

    /// The base of links that work on this network only.
    #[must_use]
    pub fn local_base(&self) -> String {
        let mut address = self.play_address();
        if address.ip().is_unspecified() {
            address.set_ip(network_address());
        }
        format!("http://{address}")
    }

    /// The base of printed links.
    ///
    /// # Errors
    /// No public one is configured, and the local one was not asked for.
    pub fn print_base(&self, local: bool) -> Result<String, Failure> {
        if local {
            return Ok(self.local_base());
        }
        self.config.play.base_url.clone().ok_or_else(|| {
            Failure::new(
                Code::NoBaseUrl,
                "no [play] base_url is configured, so a printed code would lead nowhere",
                "Set one with `stringout config set play.base_url https://…`, or pass `--local` for a print that works on this network only.",
            )
        })
    }

    /// The link people share.
    pub(crate) fn play_url(&self, compilation: Uuid) -> Result<String, Failure> {
        let local = self.config.play.base_url.is_none();
        let base = self.print_base(local)?;
        Ok(format!("{}/play/{compilation}", base.trim_end_matches('/')))
    }
}

/// This machine's address on its network; loopback when it is on none.
fn network_address() -> IpAddr {
    // The address that leads outside: connecting a datagram socket sends nothing, but chooses the
    // route. (192.0.2.0/24 is reserved for documentation.)
    let routed = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| {
            socket
                .connect((Ipv4Addr::new(192, 0, 2, 1), 9))
                .map(|()| socket)
        })
        .and_then(|socket| socket.local_addr());
    if let Ok(address) = routed
        && !address.ip().is_loopback()
        && !address.ip().is_unspecified()
    {
        return address.ip();
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces
        .iter()
        .map(if_addrs::Interface::ip)
        .find(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
            IpAddr::V6(_) => false,
        })
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Every address of this machine, for servers that listen on all of them.
pub(crate) fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(if_addrs::Interface::ip).collect()
}
