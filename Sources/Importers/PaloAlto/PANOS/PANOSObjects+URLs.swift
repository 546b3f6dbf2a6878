import ImportKit

extension PANOSObjects {
  private static let categoryKinds = ["custom-url-category", "external-list"]

  /// Who defines a category of hosts.
  enum CategoryOrigin {
    case custom
    case externalList
    case vendor
  }

  func categoryOrigin(_ name: String) -> CategoryOrigin {
    switch find(Self.categoryKinds, name)?.kind {
    // A word that is not the vendor's names a list that is not here, such as a custom category.
    case nil: PANOSCategories.isVendors(name) ? .vendor : .custom
    case "external-list": .externalList
    default: .custom
    }
  }

  /// One member of a category list: a custom category, an external list of URLs, or a category
  /// that the vendor assigns.
  func categoryTerm(_ member: XMLElement) -> EndpointTerm {
    let name = member.text
    if name == "any" { return .any }
    switch look(Self.categoryKinds, member, group: nil) {
    case .found(let found):
      return found.kind == "external-list"
        ? .condition(externalList(found.entry, name: name)) : .object(endpoint(found))
    case .ambiguous(let condition): return .condition(condition)
    case .missing:
      return PANOSCategories.isWellFormed(name)
        ? .category(name) : .condition(undefined("URL category", member))
    }
  }

  func categoryTerms(_ list: PANOSList, in what: String) -> [EndpointTerm] {
    list.members.map { categoryTerm($0) }
      + (list.odd.map { [.condition(odd($0, in: what))] } ?? [])
  }

  /// What a custom URL category holds.
  func urlCategoryTerms(_ found: Found) -> [EndpointTerm] {
    let record = ExportRecord(found.entry)
    let name = found.name
    var terms: [EndpointTerm]
    // `type` came with 9.0: "URL List", or "Category Match" for a combination of categories, all
    // of which a URL must have.
    let type = record.text("type") ?? ""
    let list = record.list("list")
    switch type {
    case "", "URL List":
      terms = list.members.flatMap { urlTerms($0, category: name) }
      if let odd = list.odd {
        terms.append(.condition(self.odd(odd, in: "URL category `\(name)`")))
      }
    case "Category Match":
      terms = [
        .condition(
          doubt(
            .category, "combination of vendor categories in `\(name)`", line: found.entry.line))
      ]
    default:
      terms = [
        .condition(
          doubt(
            .unmodelled, "custom category `\(name)` is of the type `\(type)`",
            line: found.entry.line))
      ]
    }
    return closing(terms, record, found, ignoring: PANOSMembers.objects)
  }

  /// One line of a URL list.
  func urlTerms(_ member: XMLElement, category: String) -> [EndpointTerm] {
    let text = member.text
    guard let pattern = PANOSURLEntry.pattern(text, openEnd: urlEntriesAreOpen == .yes) else {
      return [outsideGrammar(member, category: category)]
    }
    if !text.contains("/") && !text.hasSuffix("*") { hasEntriesWithoutSlash = true }
    guard urlEntriesAreOpen == .perhaps, let wide = PANOSURLEntry.pattern(text, openEnd: true),
      wide != pattern
    else { return [.url(pattern)] }
    // Without a release it is open whether the entry also covers longer host names.
    let host = text.prefix { $0 != "/" }
    let longer = HostName(host).map { EndpointTerm.host(.leading($0), .doubtful) }
    return [
      .url(pattern),
      longer
        ?? .condition(
          doubt(
            .patternReading,
            "entry `\(text)` of URL category `\(category)`: before 10.2 it also covers what follows",
            line: member.line)),
    ]
  }

  /// An entry that the firewall would refuse, or reads in a way that is not documented: it can only
  /// mean hosts that hold what its host part says.
  private func outsideGrammar(_ member: XMLElement, category: String) -> EndpointTerm {
    let text = member.text
    let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
    let host = String(rest.prefix { $0 != "/" })
    let what = "URL category `\(category)`"
    let position = SourcePosition(line: member.line)
    guard let run = PolicyDraft.longestHostRun(host), run.contains("."),
      !TemplateMarker.isPresent(in: text)
    else {
      return .condition(
        draft.doubt(.unmodelled, "entry `\(text)` of \(what) is outside the grammar", at: position))
    }
    draft.note(.unmodelled, "entry `\(text)` of \(what) is outside the grammar", at: position)
    return draft.oddHost(host, in: what, at: position)
  }
}
