"""Links in words: a verb for each property and each qualified relation, in either direction.

`A {verb} B`, `B {inverse verb} A`; both fit after « qui ». Where a relation has a role, `{role}` is
its name, and some roles have a verb of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.kinds import Text
from kg.namespaces import expand


@dataclass(frozen=True)
class LinkPhrase:
    """The verbs of a link, from its first side to its second and back."""

    forward: Text
    backward: Text


def _read(lines: str) -> Mapping[str, LinkPhrase]:
    phrases = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, fr, fr_back, en, en_back = (part.strip() for part in line.split("|"))
        term, _, role = name.partition(" ")
        key = f"{expand(term)} {role}".strip()
        phrases[key] = LinkPhrase(Text(fr, en), Text(fr_back, en_back))
    return phrases


PHRASES: Final = _read("""
 bibo:editor | a dirigé | a été dirigé par | edited | was edited by
 dct:contributor | a pour contributeur | a contribué à | has contributor | contributed to
 dct:creator | a pour auteur | est l’auteur de | is by | is the author of
 dct:isPartOf | fait partie de | contient | is part of | contains
 dct:publisher | est publié par | a publié | is published by | published
 dct:references | cite | est cité par | cites | is cited by
 dct:source | a pour source | est la source de | has source | is the source of
 dct:subject | a pour thème | est un thème de | is about | is a topic of
 org:memberOf | est membre de | a pour membre | is a member of | has member
 org:subOrganizationOf | fait partie de | comprend | is part of | includes
 owl:sameAs | est la même chose que | est la même chose que | is the same as | is the same as
 schema:containedInPlace | est situé dans | contient | is inside | contains
 schema:location | se tient à | accueille | takes place at | hosts
 schema:organizer | est organisé par | organise | is organised by | organises
 schema:performer | a pour intervenant | intervient dans | has speaker | speaks at
 schema:subEvent | comprend | fait partie de | includes | is part of
 schema:superEvent | fait partie de | comprend | is part of | includes
 skos:broader | est un cas particulier de | a pour cas particulier | is narrower than | is broader than
 skos:closeMatch | est proche de | est proche de | is close to | is close to
 skos:exactMatch | équivaut à | équivaut à | is equivalent to | is equivalent to
 skos:narrower | a pour cas particulier | est un cas particulier de | is broader than | is narrower than
 skos:related | est apparenté à | est apparenté à | is related to | is related to
 ess:about | traite de | est traité par | is about | is treated by
 ess:aboutTerritory | porte sur | est étudié par | is about | is studied by
 ess:atScale | se pense à l’échelle de | est l’échelle de | is at the scale of | is the scale of
 ess:audience | s’adresse à | est le public de | is for | is the audience of
 ess:becomes | devient | vient de | becomes | comes from
 ess:benefits | profite à | bénéficie de | benefits | benefits from
 ess:callsFor | appelle de ses vœux | est souhaité par | calls for | is called for by
 ess:carriedBy | est porté par | porte | is carried by | carries
 ess:carries | porte | est porté par | carries | is carried by
 ess:closes | clôt | est clôturé par | closes | is closed by
 ess:connects | relie | est relié par | connects | is connected by
 ess:coversTerritory | couvre | est couvert par | covers | is covered by
 ess:develops | développe | est développé par | develops | is developed by
 ess:discussesWorkOf | discute les travaux de | est discuté dans | discusses the work of | is discussed in
 ess:exampleOf | est un exemple de | a pour exemple | is an example of | has example
 ess:facing | fait face à | fait face à | faces | faces
 ess:formOf | est une forme de | a pour forme | is a form of | has form
 ess:governedBy | est régi par | régit | is governed by | governs
 ess:hasImpactOn | a un effet sur | subit l’effet de | has an impact on | is affected by
 ess:hasProject | a pour projet | est un projet de | has project | is a project of
 ess:headquarteredIn | a son siège dans | abrite le siège de | has its seat in | is the seat of
 ess:hosts | héberge | est hébergé par | hosts | is hosted by
 ess:instanceOf | est un cas de | a pour cas | is an instance of | has instance
 ess:interviewedIn | est interrogé dans | interroge | is interviewed in | interviews
 ess:involvedInDeveloping | participe au développement de | se développe avec | takes part in developing | is developed with
 ess:involves | implique | est impliqué dans | involves | is involved in
 ess:keyActorOf | est un acteur clé de | a pour acteur clé | is a key actor of | has key actor
 ess:kindOf | est une sorte de | a pour sorte | is a kind of | has kind
 ess:laysBasesOf | pose les bases de | a ses bases posées par | lays the bases of | has its bases laid by
 ess:linkedToProject | est lié au projet | est lié à | is linked to the project | is linked to
 ess:listedUnder | est classé sous | rassemble | is listed under | gathers
 ess:locatedIn | se trouve à | accueille | is located in | is the location of
 ess:near | est près de | est près de | is near | is near
 ess:operatedBy | est exploité par | exploite | is operated by | operates
 ess:opposes | s’oppose à | rencontre l’opposition de | opposes | is opposed by
 ess:partnerOf | est partenaire de | est partenaire de | is a partner of | is a partner of
 ess:partOfProject | s’inscrit dans le projet | comprend | is part of the project | includes
 ess:placeOfPublication | est édité à | est le lieu d’édition de | is published in | is where is published
 ess:possiblySameAs | est peut-être la même chose que | est peut-être la même chose que | may be the same as | may be the same as
 ess:practisedIn | se pratique dans | pratique | is practised in | practises
 ess:prepares | prépare | est préparé par | prepares | is prepared by
 ess:proposes | propose | est proposé par | proposes | is proposed by
 ess:proposesTo | propose à | reçoit une proposition de | proposes to | is proposed to by
 ess:provides | fournit | est fourni par | provides | is provided by
 ess:publishedIn | a paru dans | a fait paraître | appeared in | published
 ess:publishes | publie | est publié par | publishes | is published by
 ess:quotedIn | est cité dans | cite | is quoted in | quotes
 ess:recalls | rappelle | est rappelé par | recalls | is recalled by
 ess:reliesOn | s’appuie sur | sert d’appui à | relies on | is relied on by
 ess:seat | a pour chef-lieu | est le chef-lieu de | has seat | is the seat of
 ess:sourceOfConcept | est à l’origine de | a pour origine | is the source of | comes from
 ess:sourceOfDefinition | est la source de la définition de | est défini d’après | is the source of the definition of | is defined after
 ess:spreads | diffuse | est diffusé par | spreads | is spread by
 ess:stewardedBy | est maintenu par | maintient | is stewarded by | stewards
 ess:studiesAndSupports | étudie et accompagne | est étudié et accompagné par | studies and supports | is studied and supported by
 ess:successorOf | succède à | a pour successeur | succeeds | is succeeded by
 ess:supervisedBy | est sous la tutelle de | a sous sa tutelle | is supervised by | supervises
 ess:supports | soutient | est soutenu par | supports | is supported by
 ess:synonymousWith | est synonyme de | est synonyme de | is synonymous with | is synonymous with
 ess:targetsAudience | vise | est visé par | targets | is targeted by
 ess:territory | se trouve à | accueille | is in | is the place of
 ess:usedBy | est utilisé par | utilise | is used by | uses
 ess:uses | utilise | est utilisé par | uses | is used by
 ess:vectorOf | est un vecteur de | a pour vecteur | is a vector of | has vector
 ess:within | fait partie de | comprend | is part of | includes
 org:Membership | est {role} de | a pour {role} | is {role} of | has as {role}
 org:Membership affiliated | est rattaché à | a pour rattaché | is affiliated with | has as affiliate
 org:Membership employee | travaille à | emploie | works at | employs
 org:Membership doctoral-graduate | a soutenu sa thèse à | a décerné son doctorat à | took a doctorate at | gave a doctorate to
 m8g:Participation | participe comme {role} à | a pour {role} | takes part as {role} in | has as {role}
 m8g:Participation organiser | organise | est organisé par | organises | is organised by
 m8g:Participation host | accueille | est accueilli par | hosts | is hosted by
 m8g:Participation speaker | intervient dans | a pour intervenant | speaks at | has speaker
 m8g:Participation partner | est partenaire de | a pour partenaire | is a partner of | has partner
 m8g:Participation participant | participe à | a pour participant | takes part in | has participant
 vivo:Authorship | est {role} de | a pour {role} | is {role} of | has as {role}
 vivo:Authorship author | est l’auteur de | a pour auteur | is the author of | is by
 vivo:Authorship contributor | a contribué à | a pour contributeur | contributed to | has contributor
 vivo:Authorship discussed | est discuté dans | discute les travaux de | is discussed in | discusses the work of
 vivo:Authorship editor | a dirigé | est dirigé par | edited | is edited by
 vivo:Authorship interviewee | est interrogé dans | interroge | is interviewed in | interviews
 vivo:Authorship quoted | est cité dans | cite | is quoted in | quotes
 vivo:Authorship translator | a traduit | est traduit par | translated | is translated by
 ess:ProjectParticipation | est {role} de | a pour {role} | is {role} of | has as {role}
 ess:ProjectParticipation funder | finance | est financé par | funds | is funded by
 ess:ProjectParticipation holder | porte | est porté par | holds | is held by
 ess:OrganisationRelation | est lié ({role}) à | est lié ({role}) à | is linked ({role}) to | is linked ({role}) to
 ess:OrganisationRelation carries | porte | est porté par | carries | is carried by
 ess:OrganisationRelation hosts | héberge | est hébergé par | hosts | is hosted by
 ess:OrganisationRelation member-of | est membre de | a pour membre | is a member of | has member
 ess:OrganisationRelation part-of | fait partie de | comprend | is part of | includes
 ess:OrganisationRelation partner-of | est partenaire de | est partenaire de | is a partner of | is a partner of
 ess:OrganisationRelation successor-of | succède à | a pour successeur | succeeds | is succeeded by
 ess:OrganisationRelation supervised-by | est sous la tutelle de | a sous sa tutelle | is supervised by | supervises
 ess:Accreditation | a reconnu comme « {role} » | est reconnu comme « {role} » par | accredited as “{role}” | is accredited as “{role}” by
 ess:Definition | définit | est défini par | defines | is defined by
 ess:Claim | parle de | est évoqué par | speaks of | is spoken of by
 ess:Proposal | fait une proposition sur | est l’objet d’une proposition de | makes a proposal on | is the subject of a proposal by
""")  # noqa: E501


def find_phrase(predicate: str, role: str = "") -> LinkPhrase | None:
    """The verbs of a property, or of a class of qualified relations with the code of a role."""
    return PHRASES.get(f"{predicate} {role}".strip()) or PHRASES.get(predicate)
