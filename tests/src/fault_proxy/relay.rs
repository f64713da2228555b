//! One client connection of the proxy, request after request.

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Action, Fault, Shared};
use crate::http1::{self, Framing, Head};

/// How long a request's body may still be on its way after the answer to it is complete.
const REST: Duration = Duration::from_secs(5);

/// Serves `client` until one side closes or a fault cuts it.
pub(super) fn serve(shared: &Shared, connection: u64, client: &TcpStream) -> io::Result<()> {
    shared.keep(connection, client)?;
    client.set_nodelay(true)?;
    let mut from_client = BufReader::new(client.try_clone()?);
    while let Some(head) = Head::read(&mut from_client)? {
        let mut words = head.start.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let text = String::from_utf8_lossy(&head.bytes).into_owned();
        let (index, action) = shared.arrive(&method, &target, text);
        let fault = match action {
            Some(Action::Hold(gate)) => {
                shared.pass(&gate);
                None
            }
            Some(Action::Break(fault)) => Some(fault),
            None => None,
        };
        let exchange = Exchange {
            shared,
            connection,
            client,
            index,
            method,
            head,
        };
        let open = match fault {
            Some(Fault::CutRequest { after: 0 }) => return Ok(()),
            Some(Fault::Answer { status, code }) => {
                exchange.answer(&mut from_client, status, code)?
            }
            fault => exchange.forward(&mut from_client, fault.as_ref())?,
        };
        if !open {
            return Ok(());
        }
    }
    Ok(())
}

/// One request and its answer.
struct Exchange<'a> {
    shared: &'a Shared,
    connection: u64,
    client: &'a TcpStream,
    index: usize,
    method: String,
    head: Head,
}

impl Exchange<'_> {
    /// Answers in the server's stead; whether the connection stays open.
    fn answer(&self, from: &mut BufReader<TcpStream>, status: u16, code: &str) -> io::Result<bool> {
        let expects = self.head.field("expect").is_some();
        if !expects {
            // A client that still writes may never read the answer.
            http1::copy_raw(from, self.head.request_framing(), &mut |_| Ok(()))?;
        }
        let body = if self.method == "HEAD" {
            String::new()
        } else {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                 <Message>Asked for by a test</Message><RequestId>{}</RequestId></Error>",
                self.index
            )
        };
        let closing = if expects { "connection: close\r\n" } else { "" };
        let mut client = self.client;
        client.write_all(
            format!(
                "HTTP/1.1 {status} {code}\r\ncontent-type: application/xml\r\n{closing}content-length: {}\
                 \r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        )?;
        Ok(!expects)
    }

    /// Forwards the request and its answer; whether the connection stays open.
    fn forward(&self, from: &mut BufReader<TcpStream>, fault: Option<&Fault>) -> io::Result<bool> {
        let server = TcpStream::connect(&self.shared.upstream)?;
        server.set_nodelay(true)?;
        self.shared.keep(self.connection, &server)?;
        let limit = match fault {
            Some(Fault::CutRequest { after }) => *after,
            _ => u64::MAX,
        };
        (&server).write_all(&self.head.bytes)?;
        thread::scope(|scope| {
            let (done, sent) = mpsc::channel();
            let to = &server;
            scope.spawn(move || {
                let sent = self.send_body(from, to, limit);
                if sent.is_err() {
                    // Whatever stopped the body, the answer must not wait for the rest of it.
                    let _ = to.shutdown(Shutdown::Both);
                }
                let _ = done.send(sent.is_ok());
            });
            let open = self.return_answer(&server, fault);
            let complete = sent.recv_timeout(REST).unwrap_or(false);
            if !complete || open.is_err() {
                let _ = self.client.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
            }
            Ok(complete && open?)
        })
    }

    fn send_body(
        &self,
        from: &mut BufReader<TcpStream>,
        mut to: &TcpStream,
        limit: u64,
    ) -> io::Result<()> {
        let mut left = limit;
        http1::copy_raw(from, self.head.request_framing(), &mut |piece| {
            let part = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            to.write_all(&piece[..part])?;
            left -= part as u64;
            self.shared
                .note(self.index, |seen| seen.sent += part as u64);
            if left == 0 {
                return Err(io::Error::other("cut as asked"));
            }
            Ok(())
        })
    }

    fn return_answer(&self, server: &TcpStream, fault: Option<&Fault>) -> io::Result<bool> {
        let mut from = BufReader::new(server);
        let mut client = self.client;
        loop {
            let head = Head::read(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let status = head.status()?;
            if status < 200 {
                client.write_all(&head.bytes)?;
                continue;
            }
            self.shared
                .note(self.index, |seen| seen.status = Some(status));
            let framing = head.response_framing(&self.method)?;
            let mut left = match fault {
                Some(Fault::SwallowAnswer) => {
                    // The whole of it: only then has the server surely done what it was asked.
                    http1::copy_raw(&mut from, framing, &mut |_| Ok(()))?;
                    return Ok(false);
                }
                Some(Fault::CutAnswer { after }) => *after,
                _ => u64::MAX,
            };
            client.write_all(&head.bytes)?;
            if left == 0 {
                return Ok(false);
            }
            http1::copy_raw(&mut from, framing, &mut |piece| {
                let part = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                client.write_all(&piece[..part])?;
                left -= part as u64;
                if left == 0 {
                    return Err(io::Error::other("cut as asked"));
                }
                Ok(())
            })?;
            let closes = head.closes() || self.head.closes() || framing == Framing::UntilClose;
            return Ok(!closes);
        }
    }
}
