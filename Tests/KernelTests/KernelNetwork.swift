import Foundation
import NetworkSets

/// Three namespaces in a row: clients, a machine that forwards and filters, and servers.
///
///     clients  10.77.0.0/16 ── lan0 ┐
///              10.78.0.0/24 ── dmz0 ┤ firewall ── wan0 ── 20.0.0.0/15 servers
///
/// The same in IPv6. Servers listen on a few ports of every address.
final class KernelNetwork {
  let clients: NetworkNamespace
  let firewall: NetworkNamespace
  let servers: NetworkNamespace
  private var listeners: [Int32] = []

  struct Server {
    let host: String
    let v4: String
    let v6: String
  }

  static let servers = [
    Server(host: "one.example.com", v4: "20.0.0.10", v6: "2a01:111::10"),
    Server(host: "two.example.com", v4: "20.0.0.20", v6: "2a01:111::20"),
    Server(host: "three.example.com", v4: "20.1.0.10", v6: "2a01:111:1::10"),
  ]
  static let ports: [UInt16] = [80, 443, 8443]

  /// Addresses of clients with the interface of the firewall by which they come.
  static let lanV4 = ["10.77.0.2", "10.77.0.130", "10.77.1.5"]
  static let dmzV4 = ["10.78.0.2"]
  static let lanV6 = ["fd77::2", "fd77::82"]
  static let ownV4 = "20.0.0.1"
  static let ownV6 = "2a01:111::1"

  init() throws {
    let mark =
      "sallyport-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...999))"
    clients = NetworkNamespace(name: "\(mark)-c")
    firewall = NetworkNamespace(name: "\(mark)-f")
    servers = NetworkNamespace(name: "\(mark)-s")
    try Command.run(["sh", "-e"], input: Self.script(clients.name, firewall.name, servers.name))
    try servers.inside { try listen() }
  }

  deinit {
    for listener in listeners { close(listener) }
    for namespace in [clients, firewall, servers] {
      _ = try? Command.run(["ip", "netns", "del", namespace.name])
    }
  }

  private static func script(_ clients: String, _ firewall: String, _ servers: String) -> String {
    var lines = [clients, firewall, servers].flatMap {
      [
        "ip netns add \($0)", "ip -n \($0) link set lo up",
        // Without this, addresses are not usable for a second or two.
        "ip netns exec \($0) sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'",
      ]
    }
    func link(_ left: String, _ leftName: String, _ right: String, _ rightName: String) {
      lines.append(
        "ip -n \(left) link add \(leftName) type veth peer name \(rightName) netns \(right)")
      lines.append("ip -n \(left) link set \(leftName) up")
      lines.append("ip -n \(right) link set \(rightName) up")
    }
    func address(_ namespace: String, _ name: String, _ text: String) {
      let option = text.contains(":") ? " nodad" : ""
      lines.append("ip -n \(namespace) addr add \(text) dev \(name)\(option)")
    }
    link(clients, "c0", firewall, "lan0")
    link(clients, "c1", firewall, "dmz0")
    link(servers, "s0", firewall, "wan0")
    for text in lanV4 { address(clients, "c0", "\(text)/16") }
    for text in lanV6 { address(clients, "c0", "\(text)/64") }
    for text in dmzV4 { address(clients, "c1", "\(text)/24") }
    for text in ["10.77.255.1/16", "fd77::1/64"] { address(firewall, "lan0", text) }
    address(firewall, "dmz0", "10.78.0.1/24")
    for text in ["\(ownV4)/15", "\(ownV6)/32"] { address(firewall, "wan0", text) }
    for server in Self.servers {
      address(servers, "s0", "\(server.v4)/15")
      address(servers, "s0", "\(server.v6)/32")
    }
    lines += [
      "ip -n \(clients) route add default via 10.77.255.1",
      "ip -n \(clients) -6 route add default via fd77::1",
      "ip -n \(clients) rule add from 10.78.0.0/24 lookup 78",
      "ip -n \(clients) route add default via 10.78.0.1 table 78",
      "ip -n \(servers) route add default via \(ownV4)",
      "ip -n \(servers) -6 route add default via \(ownV6)",
      "ip netns exec \(firewall) sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'",
      // What is left of a closed connection would be taken for a part of one from the same port.
      "ip netns exec \(firewall) sh -c 'echo 1 >"
        + " /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close' 2>/dev/null || true",
      "ip netns exec \(firewall) sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private func listen() throws {
    for port in Self.ports {
      guard let listener = Connections.listen(port) else {
        throw Command.Failure(description: "cannot listen on port \(port)")
      }
      listeners.append(listener)
    }
  }

  /// Which of the connections come about, tried all at once.
  func established(
    _ wanted: [Connections.Wanted], from namespace: NetworkNamespace, patience: Int
  ) throws -> [Bool] {
    let result = try namespace.inside {
      Connections.attempt(wanted, listeners: listeners, milliseconds: patience)
    }
    for listener in listeners { Connections.drain(listener) }
    return result
  }
}
