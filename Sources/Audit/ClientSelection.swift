import ComplianceEngine
import Inventory
import NetworkSets
import PolicyModel

/// Which clients an audit looks at: what the user said, completed from what the export suggests.
package struct ClientSelection: Hashable, Sendable {
  /// The zone name that stands for the machine itself.
  package static let hostZone = "HOST"

  package var fromZone: String?
  package var toZone: String?
  package var networks: AddressSet?
  package var family: AddressFamily

  package init(
    fromZone: String? = nil, toZone: String? = nil, networks: AddressSet? = nil,
    family: AddressFamily = .ipv4
  ) {
    self.fromZone = fromZone
    self.toZone = toZone
    self.networks = networks
    self.family = family
  }

  /// A client to be judged, and where it came from.
  package struct Choice: Hashable, Sendable {
    package let client: Client
    /// Empty where the user said everything.
    package let note: String
  }

  /// Why no client can be judged.
  package struct Failure: Error, Equatable, Sendable {
    package let reason: String
    package let advice: String
  }

  /// The clients to judge on a policy. Zones are compared by the export's names, then by the
  /// second names that the product shows, in either case ignoring case as a last resort.
  package func choices(for policy: Policy) throws(Failure) -> [Choice] {
    if fromZone?.uppercased() == Self.hostZone {
      return [Choice(client: Client(traffic: .host, toZone: toZone, networks: networks), note: "")]
    }
    let from = try fromZone.map { name throws(Failure) in try zone(name, in: policy) }
    let to = try toZone.map { name throws(Failure) in try zone(name, in: policy) }
    var proposals = policy.proposals.filter { proposal in
      from == nil || proposal.client.fromZone == from
    }
    if proposals.isEmpty {
      // The user names a zone that the export does not suggest: take the way out of the others.
      let out = policy.proposals.first?.client.toZone
      let known = policy.zones.first { $0.name == from }
      proposals = [
        ClientProposal(
          client: Client(
            traffic: .forwarded, fromZone: from, toZone: to ?? out, networks: known?.networks),
          reason: from == nil ? "the export suggests no client" : "as asked")
      ]
    }
    var choices: [Choice] = []
    for proposal in proposals {
      var client = proposal.client
      if let to { client.toZone = to }
      if let networks { client.networks = networks }
      if from != nil { client.traffic = .forwarded }
      let isComplete = from != nil && (to != nil || client.toZone == nil)
      let choice = Choice(
        client: client, note: isComplete ? "" : "taken from the export: \(proposal.reason)")
      if !choices.contains(where: { $0.client == client }) { choices.append(choice) }
    }
    return choices
  }

  private func zone(_ name: String, in policy: Policy) throws(Failure) -> String {
    if let exact = policy.zones.first(where: { $0.name == name }) { return exact.name }
    let loose = policy.zones.filter {
      $0.alias == name || $0.name.lowercased() == name.lowercased()
        || $0.alias?.lowercased() == name.lowercased()
    }
    if loose.count == 1 { return loose[0].name }
    guard !policy.zones.isEmpty, !policy.hasOpenZones else { return name }
    let known = policy.zones.map { zone in
      zone.name + (zone.alias.map { " (\($0))" } ?? "")
    }
    throw Failure(
      reason: "scope `\(policy.scope)` has no zone `\(name)`",
      advice: known.count <= 8
        ? "its zones are: \(known.joined(separator: ", "))"
        : NearMatch.advice(name, among: known, command: "sallyport explain"))
  }
}
