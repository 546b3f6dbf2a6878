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
  /// How well these days are known, and when the edition was first seen; by `published`,
  /// `effective` and `first_seen`.
  package var dates: [String: CatalogueDate]
  package var source: CatalogueSource
  /// What the edition says beside the list, by a stable key (``StatementKey``).
  package var statements: [String: Statement]
  package var services: [CatalogueService]
  package var endpoints: [Endpoint]
  /// What a person answered when the page was read, with name and date.
  package var answers: [CatalogueAnswer] = []

  package init(
    id: String, version: String, title: String, published: String, effective: String,
    dates: [String: CatalogueDate] = [:], source: CatalogueSource, statements: [String: Statement],
    services: [CatalogueService],
    endpoints: [Endpoint]
  ) {
    self.id = id
    self.version = version
    self.title = title
    self.published = published
    self.effective = effective
    self.dates = dates
    self.source = source
    self.statements = statements
    self.services = services
    self.endpoints = endpoints
  }

  /// `id@version`, as options and reports write it.
  package var reference: String { "\(id)@\(version)" }

  /// The unit of verdicts: one for each port of each endpoint, in the order of the list.
  ///
  /// A row that several services need is judged once, at the strictest of their levels: optional
  /// rows are advised only.
  package var requirements: [Requirement] {
    struct Key: Hashable {
      let text: String
      let transport: String
      let port: UInt16
    }
    var result: [Requirement] = []
    result.reserveCapacity(endpoints.count)
    var positions: [Key: Int] = [:]
    func add(_ index: Int, _ port: UInt16, _ level: Requirement.Level) {
      let key = Key(
        text: endpoints[index].text, transport: endpoints[index].transport, port: port)
      if let position = positions[key] {
        if level == .required { result[position].level = .required }
      } else {
        positions[key] = result.count
        result.append(Requirement(endpoint: index, port: port, level: level))
      }
    }
    for (index, endpoint) in endpoints.enumerated() {
      let level: Requirement.Level = endpoint.level == .required ? .required : .advised
      for port in endpoint.portsRequired { add(index, port, level) }
      for port in endpoint.portsAdvised { add(index, port, .advised) }
    }
    return result
  }

  /// Whether the edition makes a yes-or-no statement, and it is yes.
  package func says(_ key: StatementKey) -> Bool { statements[key.rawValue] == .flag(true) }

  package func service(_ id: String) -> CatalogueService? { services.first { $0.id == id } }
}

/// A day that is known, or the first and the last day that it can have been.
package struct CatalogueDate: Hashable, Sendable {
  package var from: String
  /// Nil where no last day is known.
  package var to: String?
  /// What tells.
  package var source: String

  package init(from: String, to: String?, source: String) {
    self.from = from
    self.to = to
    self.source = source
  }

  package var text: String {
    guard let to else { return "\(from) or later" }
    return from == to ? from : "between \(from) and \(to)"
  }
}

/// Where an edition was read from.
package struct CatalogueSource: Hashable, Sendable {
  package var title: String
  package var url: String
  package var locale: String
  /// SHA-256 of the article as it was read, in lower-case hex.
  package var sha256: String
  /// Where the article is kept under version control.
  package var repository: String?
  package var commit: String?
  package var path: String?

  package init(
    title: String, url: String, locale: String, sha256: String, repository: String? = nil,
    commit: String? = nil, path: String? = nil
  ) {
    self.repository = repository
    self.commit = commit
    self.path = path
    self.title = title
    self.url = url
    self.locale = locale
    self.sha256 = sha256
  }
}

/// One answer of a person about the page of an edition.
package struct CatalogueAnswer: Hashable, Sendable {
  package var kind: String
  package var token: String
  package var answer: String
  package var by: String
  /// ISO date.
  package var on: String

  package init(kind: String, token: String, answer: String, by: String, on: String) {
    self.kind = kind
    self.token = token
    self.answer = answer
    self.by = by
    self.on = on
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
