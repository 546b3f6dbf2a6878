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

  /// Whether traffic that is recognised as one of `possible` is recognised as one of `names`.
  /// Traffic has one application at a time, so what the user lists is all that it can be.
  static func truth(ofApplications names: Set<String>, _ possible: Set<String>) -> Truth {
    if possible.isEmpty || names.isEmpty { return names.isEmpty ? .no : .perhaps }
    let names = Set(names.map(VendorWord.folded))
    let possible = Set(possible.map(VendorWord.folded))
    if possible.isSubset(of: names) { return .yes }
    return names.isDisjoint(with: possible) ? .no : .perhaps
  }

  /// Whether a host that has one of the categories `possible` has one of `names`, both in the form
  /// of ``VendorWord/folded(_:)``. A host may have further categories beside those that are known
  /// (of content, of risk, the customer's own), so none is ever excluded.
  static func truth(ofCategories names: Set<String>, _ possible: Set<String>) -> Truth {
    if names.isEmpty { return .no }
    return !possible.isEmpty && possible.isSubset(of: names) ? .yes : .perhaps
  }
}

/// The words in which vendors and users name applications and categories.
enum VendorWord {
  /// What is the same word in an export, a log and the mouth of a user: letter case does not count,
  /// nor whether its parts are joined by blanks, hyphens or underscores.
  static func folded(_ word: String) -> String {
    var result = ""
    var isJoint = false
    for scalar in word.lowercased().unicodeScalars {
      if scalar == " " || scalar == "-" || scalar == "_" {
        isJoint = true
        continue
      }
      if isJoint, !result.isEmpty { result.append("-") }
      isJoint = false
      result.unicodeScalars.append(scalar)
    }
    return result
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
