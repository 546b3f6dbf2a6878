import NetworkSets
import PolicyModel

/// What the user knows beyond the exports: where names resolve, what vendor tags hold, and how the
/// firewall classifies this traffic.
package struct OutsideKnowledge: Hashable, Sendable {
  /// Addresses of host names, as looked up on ``resolvedOn``.
  package var addresses: [HostName: [IPAddress]]
  /// Address ranges of vendor tags, by the tag's name.
  package var tags: [String: AddressSet]
  /// The date of the table, for the report.
  package var resolvedOn: String?
  /// The applications as which the firewall may recognise this traffic; empty where not known.
  package var applications: Set<String>
  /// The categories that the vendor may give these hosts; empty where not known.
  package var categories: Set<String>

  package init(
    addresses: [HostName: [IPAddress]] = [:], tags: [String: AddressSet] = [:],
    resolvedOn: String? = nil, applications: Set<String> = [], categories: Set<String> = []
  ) {
    self.addresses = addresses
    self.tags = tags
    self.resolvedOn = resolvedOn
    self.applications = applications
    self.categories = categories
  }

  /// Whether a choice of names holds something that is known to be one of `possible`.
  static func truth(_ names: Set<String>, of possible: Set<String>) -> Truth {
    if possible.isEmpty { return names.isEmpty ? .no : .perhaps }
    if possible.isSubset(of: names) { return .yes }
    return names.isDisjoint(with: possible) ? .no : .perhaps
  }
}

/// One device on the way of a flow, with the client as this device sees it.
package struct Hop: Sendable {
  package let device: String
  package let policy: CompiledPolicy
  package let client: Client

  package init(device: String, policy: CompiledPolicy, client: Client) {
    self.device = device
    self.policy = policy
    self.client = client
  }

  var pipeline: Pipeline? {
    policy.policy.pipelines.first { $0.traffic == client.traffic }
  }
}

/// The way of a client's traffic to the Internet: one device, or several in series.
package struct NetworkPath: Sendable {
  package let hops: [Hop]
  package let family: AddressFamily

  package init(hops: [Hop], family: AddressFamily = .ipv4) {
    self.hops = hops
    self.family = family
  }
}
