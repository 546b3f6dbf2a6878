import JSONTree

/// Facts as `sallyport.evidence/1`; see Schema/sallyport.evidence-1.schema.json.
package enum EvidenceJSON {
  package static func write(_ facts: [EvidenceFact], file: String?) -> String {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.evidence/1")
      if let file { writer.member("file", file) }
      writer.member("facts", each: facts) { writer, fact in
        writer.object { writer in self.write(&writer, fact) }
      }
    }
    return writer.text + "\n"
  }

  private static func write(_ writer: inout JSONWriter, _ fact: EvidenceFact) {
    writer.member("source_kind", fact.sourceKind.rawValue)
    writer.member("outcome", fact.outcome.rawValue)
    writer.member("subject") { writer in
      writer.member("endpoint", fact.subject.endpoint)
      writer.member("host", fact.subject.host)
      writer.member("port", fact.subject.port)
      writer.member("service", fact.subject.service)
    }
    writer.member("way", fact.way.rawValue)
    if let error = fact.error {
      writer.member("error") { writer in
        writer.member("hr", error.text)
        writer.member("code", error.code)
        writer.member("name", error.name)
        writer.member("http", error.httpStatus)
        writer.member("httpcode", error.httpCode)
        writer.member("documented", error.documented)
      }
    }
    writer.member("cause", fact.cause?.rawValue)
    writer.member("alternatives", fact.alternatives.map(\.rawValue))
    writer.member("remedies", fact.remedies.map(\.rawValue))
    writer.member("findings", each: fact.findings) { writer, finding in
      writer.object { writer in
        writer.member("id", finding.id.rawValue)
        writer.member("about", finding.about.isEmpty ? nil : finding.about)
      }
    }
    writer.member("details", each: fact.details) { writer, detail in
      writer.object { writer in
        writer.member("name", detail.name)
        writer.member("value", detail.value)
      }
    }
    writer.member("at", fact.at)
    writer.member("certainty", fact.certainty.rawValue)
    writer.member("position", fact.line > 0 ? "\(fact.line)" : nil)
  }
}
