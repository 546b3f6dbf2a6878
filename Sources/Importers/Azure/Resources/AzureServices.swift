import ImportKit

/// Protocols and ports of a rule, each known or open.
///
/// A word that is not understood is a doubt about that value: an unknown protocol may be any, on the
/// ports of the rule; an unknown port may be any, of the protocols of the rule.
struct AzureServices {
  /// The protocols that are known; nil stands for every protocol.
  var protocols: [UInt8?] = []
  var openProtocols: [Condition] = []
  var ports = PortSet()
  var openPorts: [Condition] = []
  var sourcePorts = PortSet.full
  var openSourcePorts: [Condition] = []

  /// Clauses that must all hold.
  var clauses: [Clause] {
    var result: [Clause] = []
    let doubts = openProtocols + openPorts
    let known = protocols.filter { _ in !ports.isEmpty }.map { number in
      ServiceTerm.service(
        Service(protocol: number, destinationPorts: ports, sourcePorts: sourcePorts))
    }
    let isEverything =
      doubts.isEmpty && ports.isFull && sourcePorts.isFull && protocols.contains(nil)
    if !isEverything {
      result.append(.service(ServiceList(known + doubts.map { .condition($0) })))
    }
    // What is known of the one limits what is open of the other.
    if !openProtocols.isEmpty, openPorts.isEmpty, !ports.isFull {
      result.append(
        .service(ServiceList([.service(Service(protocol: nil, destinationPorts: ports))])))
    }
    if !openPorts.isEmpty, openProtocols.isEmpty, !protocols.contains(nil) {
      result.append(.service(ServiceList(protocols.map { .service(Service(protocol: $0)) })))
    }
    return result + openSourcePorts.map { .requires($0) }
  }

  /// - Parameter what: the rule, for messages.
  mutating func readProtocols(
    _ entries: [AzureItem.Entry], of what: String, at position: SourcePosition, _ draft: PolicyDraft
  ) {
    for entry in entries {
      switch entry {
      case .unknown(let missing):
        openProtocols.append(draft.doubt(.unresolved, "\(what): \(missing)", at: position))
      case .text(let word):
        switch word.lowercased() {
        case "any", "all", "*": protocols.append(nil)
        default:
          if let number = IPProtocol.number(of: word) {
            protocols.append(number)
          } else {
            openProtocols.append(
              draft.doubt(.unresolved, "protocol `\(word)` of \(what) is not known", at: position))
          }
        }
      }
    }
    if entries.isEmpty {
      openProtocols.append(draft.doubt(.unresolved, "\(what) has no protocol", at: position))
    }
  }

  mutating func readPorts(
    _ entries: [AzureItem.Entry], of what: String, at position: SourcePosition, _ draft: PolicyDraft
  ) {
    (ports, openPorts) = Self.read(entries, of: what, at: position, draft)
    if entries.isEmpty {
      openPorts.append(draft.doubt(.unresolved, "\(what) has no destination port", at: position))
    }
  }

  mutating func readSourcePorts(
    _ entries: [AzureItem.Entry], of what: String, at position: SourcePosition, _ draft: PolicyDraft
  ) {
    guard !entries.isEmpty else { return }
    (sourcePorts, openSourcePorts) = Self.read(entries, of: what, at: position, draft)
    // Some source port is open: which one the client uses is open too.
    if !openSourcePorts.isEmpty { sourcePorts = .full }
  }

  private static func read(
    _ entries: [AzureItem.Entry], of what: String, at position: SourcePosition, _ draft: PolicyDraft
  ) -> (PortSet, [Condition]) {
    var ports = PortSet()
    var open: [Condition] = []
    for entry in entries {
      switch entry {
      case .unknown(let missing):
        open.append(draft.doubt(.unresolved, "\(what): \(missing)", at: position))
      case .text(let text):
        // Ports may also be one text with commas.
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) {
          if part == "*" || part == "0-65535" {
            ports = .full
          } else if let set = PortSet(parsing: part) {
            ports = ports.union(set)
          } else {
            open.append(
              draft.doubt(.unresolved, "port `\(part)` of \(what) is not readable", at: position))
          }
        }
      }
    }
    return (ports, open)
  }
}
