/** The demo's campaign: about 5 KB of HTML and text with Liquid merge fields. */

const offers = ['Nordsee', 'Côte d’Azur', 'Kraków', 'Lisboa', 'Dolomiti', 'Bodensee', 'Øresund', 'Praha'];

const offerRow = (place: string, index: number): string => `
      <tr>
        <td style="padding:12px 16px;border-bottom:1px solid #e5e7eb">
          <strong style="font-size:16px;color:#111827">${place}</strong><br>
          <span style="color:#6b7280">Three nights for two, breakfast included, from ${89 + index * 20} € — with your {{ plan }} plan even less.</span>
        </td>
        <td style="padding:12px 16px;border-bottom:1px solid #e5e7eb;text-align:right">
          <a style="color:#2563eb" href="https://travel.example/offers/${index}?city={{ city | url_encode }}">See the offer</a>
        </td>
      </tr>`;

export const demoContent = {
  subject: '{{ first_name }}, {{ points }} points are waiting for you in {{ city }}',
  html: `<!doctype html>
<html lang="en">
  <body style="margin:0;background:#f3f4f6;font-family:Helvetica,Arial,sans-serif">
    <table role="presentation" width="600" align="center" style="background:#ffffff;border-radius:8px">
      <tr><td colspan="2" style="padding:24px 16px"><h1 style="margin:0;color:#111827">Hello {{ first_name }} {{ last_name }}!</h1>
        <p style="color:#374151">You live in {{ city }}, you travel with the {{ plan }} plan, and you have collected <strong>{{ points }}</strong> points.
        Here is what they can be this autumn:</p></td></tr>${offers.map(offerRow).join('')}
      <tr><td colspan="2" style="padding:16px;color:#6b7280;font-size:12px">
        You get this mail at {{ email }} because you asked for offers. {% if plan == "Free" %}The Team plan doubles your points.{% endif %}
      </td></tr>
    </table>
  </body>
</html>
`,
  text: `Hello {{ first_name }} {{ last_name }}!

You live in {{ city }}, you travel with the {{ plan }} plan, and you have collected {{ points }} points.

${offers.map((place, index) => `- ${place}: three nights for two from ${89 + index * 20} €: https://travel.example/offers/${index}`).join('\n')}

You get this mail at {{ email }} because you asked for offers.
`,
};
