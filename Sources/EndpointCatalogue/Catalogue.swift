import NetworkSets

/// An immutable, dated edition of the list of endpoints that one product needs.
package struct Catalogue: Hashable, Sendable {
  /// Identifier of the product's list, such as `defender-antivirus`.
  package var id: String
  /// The edition: a date, with a suffix where one day has two.
  package var version: String
  package var title: String
  /// ISO date on which the publisher dated the edition.
  package var published: String
  /// ISO date from which it binds; the published date where the publisher gives no other.
  package var effective: String
  package var source: CatalogueSource
  /// What the edition says beside the list, by a stable key (``StatementKey``).
  package var statements: [String: Statement]
  package var services: [CatalogueService]
  package var endpoints: [Endpoint]

  package init(
    id: String, version: String, title: String, published: String, effective: String,
    source: CatalogueSource, statements: [String: Statement], services: [CatalogueService],
    endpoints: [Endpoint]
  ) {
    self.id = id
    self.version = version
    self.title = title
    self.published = published
    self.effective = effective
    self.source = source
    self.statements = statements
    self.services = services
    self.endpoints = endpoints
  }

  /// `id@version`, as options and reports write it.
  package var reference: String { "\(id)@\(version)" }

  /// The unit of verdicts: one for each port of each endpoint, in the order of the list.
  package var requirements: [Requirement] {
    endpoints.indices.flatMap { index -> [Requirement] in
      let endpoint = endpoints[index]
      return endpoint.portsRequired.map {
        Requirement(endpoint: index, port: $0, level: .required)
      }
        + endpoint.portsAdvised.map { Requirement(endpoint: index, port: $0, level: .advised) }
    }
  }

  /// Whether the edition makes a yes-or-no statement, and it is yes.
  package func says(_ key: StatementKey) -> Bool { statements[key.rawValue] == .flag(true) }

  package func service(_ id: String) -> CatalogueService? { services.first { $0.id == id } }
}

/// Where an edition was read from.
package struct CatalogueSource: Hashable, Sendable {
  package var title: String
  package var url: String
  package var locale: String
  /// SHA-256 of the article as it was read, in lower-case hex.
  package var sha256: String

  package init(title: String, url: String, locale: String, sha256: String) {
    self.title = title
    self.url = url
    self.locale = locale
    self.sha256 = sha256
  }
}

/// The keys that the engine and the reports understand.
package enum StatementKey: String, Sendable {
  /// URLs without a port use 443.
  case default443 = "default_443"
  /// Some rows need port 80 too, as noted in the row.
  case port80Note = "port80_note"
  /// `*.blob.core.windows.net` must not be exempted from network inspection.
  case blobNoInspectionExclusion = "blob_no_inspection_exclusion"
  /// No allow rule is wanted for `*.blob.core.windows.net`.
  case allowRuleExcludesBlob = "allow_rule_excludes_blob"
}

/// The value of a statement.
package enum Statement: Hashable, Sendable {
  case flag(Bool)
  case number(Int)
  case text(String)

  /// As printed in a table.
  package var text: String {
    switch self {
    case .flag(let value): value ? "yes" : "no"
    case .number(let value): "\(value)"
    case .text(let value): value
    }
  }
}

/// A group of endpoints that serve one purpose.
package struct CatalogueService: Hashable, Sendable {
  package var id: String
  /// Names by language code; `en` is always there.
  package var names: [String: String]

  package init(id: String, names: [String: String]) {
    self.id = id
    self.names = names
  }

  package func name(in language: String) -> String { names[language] ?? names["en"] ?? id }
}
