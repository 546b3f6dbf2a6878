import ImportKit

/// Which interfaces and networks belong to which zone, on the firewalls that share a policy.
struct PANOSWiring {
  /// Networks that are attached to the firewall itself.
  private(set) var own = AddressSet()
  /// Zones by which a default route leaves.
  private(set) var outside: Set<String> = []
  private var zones: [String: Set<String>] = [:]
  private var interfaces: [String: Set<String>] = [:]

  init(_ topologies: [PANOSTopology]) {
    for topology in topologies {
      let routed = Set(topology.defaultRouteInterfaces)
      for zone in topology.zones {
        for interface in zone.interfaces {
          zones[interface, default: []].insert(zone.name)
          interfaces[zone.name, default: []].insert(interface)
          if routed.contains(interface) { outside.insert(zone.name) }
        }
      }
      for networks in topology.networks.values { own = own.union(networks) }
    }
  }

  /// The zone of an interface; nil where it has none, or another one on other firewalls.
  func zone(of interface: String) -> String? {
    guard let found = zones[interface], found.count == 1 else { return nil }
    return found.first
  }

  /// Whether a zone has other interfaces than these, so that traffic of the zone may use another.
  func hasOthers(_ zone: String, than names: [String]) -> Bool {
    !(interfaces[zone] ?? []).isSubset(of: names)
  }
}
