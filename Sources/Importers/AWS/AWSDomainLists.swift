import ImportKit

/// The domain lists of DNS Firewall rules.
struct AWSDomainLists {
  let documents: AWSDocuments
  let draft: PolicyDraft

  func clauses(for rule: AWSItem) -> [Clause] {
    let reference = rule.member("FirewallDomainListId")
    let label: String
    switch reference {
    case .text(let id): label = id
    case .reference(let name): label = name
    case .unknown(let what): return [open(what, rule.position)]
    default: return [open("a domain list that is not named", rule.position)]
    }
    let id = "domain list/\(label)"
    if let known = draft.objects.endpoint(id) {
      return [.destination(EndpointList([.object(known)]))]
    }
    let found = documents.domainLists.filter {
      AWSDocuments.matches($0, reference, keys: ["Id", "FirewallDomainListId", "Name"])
    }
    let name = found.compactMap { $0.text("Name") }.first ?? label
    if Self.isManaged(name: name, found) {
      draft.note(
        .advisory,
        "managed domain list `\(name)`: its domains act against threats and are not in the "
          + "export", at: rule.position)
      return [.never("for domains of the managed threat list \(name)")]
    }
    guard let source = found.first(where: { $0.has("Domains") }) ?? loose(reference) else {
      let what = "domain list `\(name)` is not in the export"
      draft.note(
        .unresolved,
        what + "; give aws route53resolver list-firewall-domains for it as well, saved as "
          + "\(label).json", at: rule.position)
      return [.requires(draft.doubt(.externalList, what))]
    }
    let number = draft.objects.addEndpoint(
      id: id, name: name, kind: "domain list", position: source.position)
    var terms = source.entries("Domains").map { entry -> EndpointTerm in
      guard case .text(let text) = entry else {
        return .condition(draft.doubt(.unresolved, entry.missing, at: source.position))
      }
      return AWSNames.domain(text).map { .host($0, .observed) }
        ?? draft.oddHost(text, in: "domain list `\(name)`", at: source.position)
    }
    if source.isCut {
      terms.append(.condition(draft.doubt(.missingPart, AWSDocuments.cut, at: source.position)))
    }
    terms +=
      source.presence.map {
        [.condition(draft.doubt(.notInForce, $0, at: source.position))]
      } ?? []
    if let left = source.unread(of: "domain list `\(name)`", ignoring: Self.irrelevant, in: draft) {
      terms.append(.condition(left))
    }
    draft.objects.setEndpoint(number, EndpointList(terms))
    return [.destination(EndpointList([.object(number)]))]
  }

  private static let irrelevant = IrrelevantMembers([
    (
      reason: "names and states of the list",
      names: [
        "Id", "Arn", "Name", "Tags", "DomainCount", "Status", "StatusMessage", "ManagedOwnerName",
        "CreatorRequestId", "CreationTime", "ModificationTime", "FirewallDomainListId", "NextToken",
      ]
    )
  ])

  private static func isManaged(name: String, _ found: [AWSItem]) -> Bool {
    name.hasPrefix("AWSManagedDomains")
      || found.contains { !($0.text("ManagedOwnerName") ?? "").isEmpty }
  }

  private func open(_ what: String, _ position: SourcePosition) -> Clause {
    .requires(draft.doubt(.unresolved, what, at: position))
  }

  /// `list-firewall-domains` does not repeat the id: the file may be called by it, or one answer
  /// belongs to the one list that has no domains yet.
  private func loose(_ reference: AWSValue) -> AWSItem? {
    guard case .text(let id) = reference else { return nil }
    let named = documents.looseDomains.filter { item in
      guard documents.names.indices.contains(item.file) else { return false }
      let file = documents.names[item.file].split(separator: "/").last ?? ""
      return file == id || file.hasPrefix(id + ".")
    }
    if named.count == 1 { return named[0] }
    guard documents.looseDomains.count == 1 else { return nil }
    let known = documents.domainLists.filter { $0.has("Domains") }
    let managed = documents.domainLists.filter {
      Self.isManaged(name: $0.text("Name") ?? "", [$0])
    }
    let open = Set(documents.nameRules.compactMap { $0.text("FirewallDomainListId") }).filter {
      other in
      !(known + managed).contains {
        AWSDocuments.matches($0, .text(other), keys: ["Id", "FirewallDomainListId", "Name"])
      }
    }
    return open == [id] ? documents.looseDomains[0] : nil
  }
}
