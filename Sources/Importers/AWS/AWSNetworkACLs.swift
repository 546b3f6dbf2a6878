import ImportKit

/// Network access lists: what may leave a subnet, and what may come back.
///
/// Source: docs.aws.amazon.com, VPC user guide, "Network ACLs": numbered rules, lowest first, the
/// first that matches decides; stateless, so answers are judged by the inbound rules, against the
/// client's ephemeral port.
struct AWSNetworkACLs {
  private let draft: PolicyDraft

  static func build(_ documents: AWSDocuments) -> [Policy] {
    documents.networkACLs.map { item in
      let id = item.text("NetworkAclId") ?? item.logicalName ?? "network ACL"
      let name = item.items("Tags").first { $0.text("Key") == "Name" }?.text("Value")
      let scope = [id, name].compactMap { $0 }.joined(separator: " ")
      let doubts = Doubts()
      doubts.add(documents.doubts.notes)
      let list = AWSNetworkACLs(
        draft: PolicyDraft(Policy(scope: scope, format: "aws"), doubts: doubts))
      return list.policy(item, documents)
    }
  }

  private func policy(_ item: AWSItem, _ documents: AWSDocuments) -> Policy {
    let own = item.list("Entries")
    var entries = own.items
    if let logical = item.logicalName {
      entries += documents.networkACLEntries.filter { entry in
        switch entry.member("NetworkAclId") {
        case .reference(let name): name == logical
        case .text: false
        default: true
        }
      }
    }
    let outbound = table("outbound", egress: true, entries, own.isOpen, at: item.position)
    let inbound = table("inbound", egress: false, entries, own.isOpen, at: item.position)
    draft.policy.tables = [outbound, inbound]
    draft.policy.pipelines = [
      Pipeline(
        traffic: .forwarded, mode: .allOf,
        stages: [
          Stage(table: "outbound"), Stage(table: "inbound", isAuxiliary: true, phase: .answer),
        ])
    ]
    let associated = item.items("Associations").compactMap { $0.text("SubnetId") }
    let networks = documents.subnets.filter { subnet in
      subnet.text("SubnetId").map { associated.contains($0) } ?? false
    }.flatMap { $0.texts("CidrBlock") }.compactMap { AddressSet(parsing: $0) }
    let known = networks.isEmpty ? nil : networks.reduce(AddressSet()) { $0.union($1) }
    draft.policy.proposals = [
      ClientProposal(
        client: Client(networks: known),
        reason: associated.isEmpty
          ? "the list is attached to no subnet in the export; every client"
          : "the subnets of the list: \(associated.joined(separator: ", "))")
    ]
    return draft.finish()
  }

  /// The rules of one direction; one whose number is open perhaps comes first, and last at the latest.
  private func table(
    _ label: String, egress: Bool, _ entries: [AWSItem], _ isOpen: Bool, at position: SourcePosition
  ) -> Table {
    var early: [Rule] = []
    var known: [(number: Int, rules: [Rule])] = []
    var late: [Rule] = []
    if isOpen { early += draft.gap("entries of the list are not all in the export", at: position) }
    for entry in entries {
      let direction = entry.flag("Egress")
      // A template without the member means inbound (AWS::EC2::NetworkAclEntry, `Egress`).
      let isMissing = !entry.has("Egress") && entry.template != nil
      guard direction == nil && !isMissing || (direction ?? false) == egress else { continue }
      var rules = self.rules(entry, egress: egress)
      if direction == nil && !isMissing {
        let doubt = draft.doubt(
          .unresolved, "the direction of the entry of line \(entry.position.line) is not known",
          at: entry.position)
        rules = draft.perhapsInForce(rules, because: doubt)
      }
      if Self.isHomeless(entry) {
        let doubt = draft.doubt(
          .unresolved,
          "which network ACL the entry of line \(entry.position.line) belongs to is not known",
          at: entry.position)
        rules = draft.perhapsInForce(rules, because: doubt)
      }
      if let number = entry.number("RuleNumber") {
        known.append((number, rules))
        continue
      }
      let doubt = draft.doubt(
        .unresolved,
        "the number of the entry of line \(entry.position.line) is not known, and so its place in the order",
        at: entry.position)
      early += draft.perhapsInForce(rules, because: doubt)
      late += rules.map { rule in
        var rule = rule
        rule.origin = .implied
        return rule
      }
    }
    // Swift's sort is stable, so equal numbers keep the order of the export.
    known.sort { $0.number < $1.number }
    return Table(
      name: label, rules: early + known.flatMap(\.rules) + late,
      defaultAction: DefaultAction(.deny, name: "no \(label) rule matches"))
  }

  /// Whether a template leaves open to which list an entry belongs.
  private static func isHomeless(_ entry: AWSItem) -> Bool {
    guard entry.has("NetworkAclId") else { return false }
    return switch entry.member("NetworkAclId") {
    case .reference, .text: false
    default: true
    }
  }

  private func rules(_ item: AWSItem, egress: Bool) -> [Rule] {
    let place = item.position
    let number = item.text("RuleNumber") ?? "?"
    let what = "\(egress ? "outbound" : "inbound") rule \(number == "32767" ? "*" : number)"
    var clauses: [Clause] = []
    var terms: [EndpointTerm] = []
    for key in ["CidrBlock", "Ipv6CidrBlock"] where item.has(key) {
      if case .text(let text) = item.member(key) {
        terms.append(AWSVariables.address(text, at: place, in: draft))
      } else if case .null = item.member(key) {
      } else {
        terms.append(
          .condition(draft.doubt(.unresolved, "\(what): \(item.member(key).missing)", at: place)))
      }
    }
    if terms.isEmpty {
      terms = [.condition(draft.doubt(.unresolved, "\(what) has no address", at: place))]
    }
    // Outbound rules name the server as destination; inbound ones see it as the source of answers.
    clauses.append(.destination(EndpointList(terms)))
    let range = item.object("PortRange")
    clauses += AWSServices(draft: draft, what: what, position: place).clauses(
      item.member("Protocol"), from: range?.member("From") ?? .null,
      to: range?.member("To") ?? .null, areSourcePorts: !egress)
    clauses += item.presenceClauses(in: draft)
    let word = item.text("RuleAction")?.lowercased()
    if let left = item.unread(of: what, ignoring: AWSIrrelevant.rule, in: draft) {
      clauses.append(.requires(left))
    }
    let rule = Rule(
      name: what, vendorID: number, match: Match(clauses),
      action: word == "deny" ? .deny(.drop) : .allow, position: place)
    if word == "allow" || word == "deny" { return [rule] }
    return draft.eitherWay(
      rule,
      because: draft.doubt(
        .unresolved, "whether \(what) allows or denies is not known", at: place))
  }
}
