import ImportKit

/// Which interfaces belong to which zone, and how a client names them.
///
/// A client is in a zone; it may also be named by its interface, where the zone follows from that.
/// A source binding beats the interface, so where a zone has one, interfaces stand for nothing.
struct FWDBindings {
  private let zones: [FWDConfiguration.Zone]
  private let defaultZone: String?
  /// Whether the interface alone tells the zone.
  private let interfacesDecide: Bool
  /// Interfaces that direct rules name and no file binds: by the files they are in the default zone.
  private let unbound: [String]

  init(_ zones: [FWDConfiguration.Zone], defaultZone: String?, named: [String]) {
    self.zones = zones
    self.defaultZone = defaultZone
    interfacesDecide = zones.allSatisfy(\.sources.isEmpty)
    let bound = ZoneList(zones.flatMap { $0.interfaces.map(Self.pattern) })
    unbound = named.filter { !bound.contains($0) }
  }

  /// `eth+` means every interface whose name starts so.
  static func pattern(_ interface: String) -> String {
    interface.hasSuffix("+") ? interface.dropLast() + "*" : interface
  }

  /// The names by which clients may be in one of the zones.
  func list(_ names: [String]) -> ZoneList {
    var result = names
    if interfacesDecide {
      for zone in zones where names.contains(zone.name) {
        result += zone.interfaces.map(Self.pattern).filter { !result.contains($0) }
        if zone.name == defaultZone { result += unbound }
      }
    }
    return ZoneList(result)
  }

  /// Zones of which an interface is the only way in, and zones that it may belong to among others.
  private func zones(of interface: String) -> (certain: [String], perhaps: [String]) {
    let prefix = interface.hasSuffix("*") ? interface.dropLast() : nil
    var certain: [String] = []
    var perhaps: [String] = []
    for zone in zones {
      let patterns = zone.interfaces.map(Self.pattern)
      let held = patterns.filter { own in prefix.map { own.hasPrefix($0) } ?? (own == interface) }
      guard !held.isEmpty else { continue }
      if held.count == patterns.count, zone.sources.isEmpty {
        certain.append(zone.name)
      } else {
        perhaps.append(zone.name)
      }
    }
    if certain.isEmpty, perhaps.isEmpty {
      // An interface that no file binds is in the default zone, unless something binds it at run
      // time (NetworkManager does).
      perhaps = defaultZone.map { [$0] } ?? []
    }
    return (certain, perhaps)
  }

  /// Rewrites the interfaces of a direct rule so that clients who are named by their zone meet it
  /// too; where a zone has several interfaces, only perhaps.
  func rewrite(_ rule: Rule) -> [Rule] {
    var results = [rule.match.clauses.filter { !Self.isInterface($0) }]
    for clause in rule.match.clauses {
      let list: ZoneList
      let isEntering: Bool
      switch clause {
      case .from(let zones):
        list = zones
        isEntering = true
      case .to(let zones):
        list = zones
        isEntering = false
      default: continue
      }
      var certain = list.names
      var doubtful: [String] = []
      for name in list.names {
        let zones = zones(of: name)
        certain += zones.certain
        doubtful += zones.perhaps
      }
      func make(_ names: [String], negated: Bool = false) -> Clause {
        let list = ZoneList(names, negated: negated)
        return isEntering ? .from(list) : .to(list)
      }
      var alternatives: [[Clause]] = []
      alternatives.append([
        make(list.negated ? certain + doubtful : certain, negated: list.negated)
      ])
      if !doubtful.isEmpty {
        let names = list.names.map { "`\($0)`" }.joined(separator: ", ")
        alternatives.append([
          make(doubtful),
          .requires(
            Condition(
              .interfaceBinding,
              "only if the traffic \(isEntering ? "enters" : "leaves") by "
                + "\(list.negated ? "another interface than " : "")\(names)")),
        ])
      }
      results = results.flatMap { one in alternatives.map { one + $0 } }
    }
    return results.map { clauses in
      var copy = rule
      copy.match.clauses = clauses
      return copy
    }
  }

  private static func isInterface(_ clause: Clause) -> Bool {
    switch clause {
    case .from, .to: true
    default: false
    }
  }
}
