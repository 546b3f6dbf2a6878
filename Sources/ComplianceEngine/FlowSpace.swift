import NetworkSets
import PolicyModel

/// All flows of one requirement, cut into atoms that the rules cannot tell apart.
///
/// An atom is a combination of a target (host, path, address), a client address, and for each
/// device a pair of zones. Rules are then evaluated on sets of atoms, exactly.
struct FlowSpace: Sendable {
  struct Target: Hashable, Sendable {
    let host: HostName
    let path: String
    /// Where the user's table resolves the host to.
    let address: IPAddress?
  }

  struct ZonePair: Hashable, Sendable {
    let from: String?
    let to: String?
  }

  let port: UInt16
  let family: AddressFamily
  let targets: [Target]
  let clients: [IPAddress]
  /// For each combination of zones, one pair a hop.
  let zones: [[ZonePair]]
  /// Name entries that could hold some target only where one name stands inside another, and hence
  /// hold none of these; see ``NameInsideName``.
  var lookAlikes: [URLPattern] = []

  var count: Int { targets.count * clients.count * zones.count }

  /// The most atoms that are evaluated; a space beyond it is reported as not decided.
  static let limit = 1 << 20

  func target(of atom: Int) -> Target { targets[atom % targets.count] }

  func client(of atom: Int) -> IPAddress { clients[atom / targets.count % clients.count] }

  func zones(of atom: Int) -> [ZonePair] { zones[atom / (targets.count * clients.count)] }

  var allAtoms: AtomSet { AtomSet(count: count, full: true) }

  /// The atoms whose target, client or zones satisfy a test.
  func atoms(whereTarget accept: [Bool]) -> AtomSet {
    // Nearly every test holds all targets or none, and there may be thousands of clients.
    if !accept.contains(true) { return AtomSet(count: count) }
    if !accept.contains(false) { return allAtoms }
    var set = AtomSet(count: count)
    let chosen = accept.indices.filter { accept[$0] }
    for first in stride(from: 0, to: count, by: targets.count) {
      for target in chosen { set.insert(first + target) }
    }
    return set
  }

  /// - Parameter chosen: places in the list of clients.
  func atoms(ofClients chosen: AtomSet) -> AtomSet {
    if targets.count == 1 && zones.count == 1 { return chosen }
    var set = AtomSet(count: count)
    let chosen = chosen.atoms
    for zone in zones.indices {
      for client in chosen {
        let first = (zone * clients.count + client) * targets.count
        for atom in first..<first + targets.count { set.insert(atom) }
      }
    }
    return set
  }

  func atoms(whereZones accept: [Bool]) -> AtomSet {
    if !accept.contains(true) { return AtomSet(count: count) }
    if !accept.contains(false) { return allAtoms }
    var set = AtomSet(count: count)
    for atom in 0..<count where accept[atom / (targets.count * clients.count)] { set.insert(atom) }
    return set
  }

  /// Whether the port carries plain HTTP, in which every device on the way sees host and path.
  /// Everything else that Defender uses is TLS.
  var isPlainHTTP: Bool { port == 80 }
}
